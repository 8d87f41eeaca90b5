import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where Debian's packages put each version of PostgreSQL. */
const DEBIAN_FOLDER = '/usr/lib/postgresql'

/** Folders with the programs of a PostgreSQL server, the newest version first; Debian puts them on no search path. */
export function postgresProgramFolders(debianFolder = DEBIAN_FOLDER): readonly string[] {
  try {
    return readdirSync(debianFolder)
      .sort((left, right) => Number(right) - Number(left))
      .map((version) => join(debianFolder, version, 'bin'))
  } catch {
    return []
  }
}

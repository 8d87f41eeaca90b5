import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An account as the files of a tree have it. */
export interface TreeAccount {
  readonly uid: number
  readonly home: string
  readonly shell: string
  /** Name of the primary group. */
  readonly group: string
  /** Names of the other groups, sorted. */
  readonly supplementary: readonly string[]
  /** Second field of the shadow file. */
  readonly shadow: string
}

/** Looks an account up in `passwd`, `group` and `shadow` of a tree; undefined when it has none. */
export function readAccount(root: string, name: string): TreeAccount | undefined {
  const row = readTable(root, 'etc/passwd').find(([login]) => login === name)
  if (row === undefined) return undefined
  const groups = readTable(root, 'etc/group')
  const [, , uid, gid, , home = '', shell = ''] = row
  return {
    uid: Number(uid),
    home,
    shell,
    group: groups.find(([, , id]) => id === gid)?.[0] ?? `(${gid})`,
    supplementary: groups
      .filter(([, , , members = '']) => members.split(',').includes(name))
      .map(([group = '']) => group)
      .sort(),
    shadow: readTable(root, 'etc/shadow').find(([login]) => login === name)?.[1] ?? '',
  }
}

/** Number of a group in a tree; undefined when there is none of this name. */
export function readGroupId(root: string, name: string): number | undefined {
  const row = readTable(root, 'etc/group').find(([group]) => group === name)
  return row === undefined ? undefined : Number(row[2])
}

/** Names of accounts that people use: number 1000 and above, without `nobody`. */
export function peopleIn(root: string): readonly string[] {
  return readTable(root, 'etc/passwd')
    .filter(([, , uid]) => Number(uid) >= 1000 && Number(uid) < 60_000)
    .map(([name = '']) => name)
}

function readTable(root: string, path: string): readonly (readonly string[])[] {
  return readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'))
}

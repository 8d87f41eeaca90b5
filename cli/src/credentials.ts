import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { CliError } from './cli-error.ts'

const StoredSignIn = Type.Object({ token: Type.String(), login: Type.String(), expiresAt: Type.String() })
const CredentialsFile = Type.Object({
  version: Type.Literal(1),
  /** Server used when none is named: the last one signed in to. */
  server: Type.Optional(Type.String()),
  signIns: Type.Record(Type.String(), StoredSignIn),
})

/** A sign-in as stored. */
export type StoredSignIn = Static<typeof StoredSignIn>
/** All stored sign-ins by server. */
export type Credentials = Static<typeof CredentialsFile>

const NOTHING: Credentials = { version: 1, signIns: {} }
/** More is no file of ours. */
const MAX_FILE_BYTES = 1024 * 1024
const OTHERS_MAY = 0o077

/** Path of the stored sign-ins. */
export function credentialsPath(configFolder: string): string {
  return join(configFolder, 'credentials.json')
}

/**
 * Reads the stored sign-ins; none when the file does not exist.
 *
 * @throws {CliError} bad-credentials-file - others may read it, or it is no such file
 */
export async function loadCredentials(configFolder: string): Promise<Credentials> {
  const path = credentialsPath(configFolder)
  const info = await stat(path).catch(absent)
  if (info === undefined) return NOTHING
  if ((info.mode & OTHERS_MAY) !== 0) {
    throw new CliError('bad-credentials-file', `Other users of this machine may read ${path}`, {
      hint: `Run: chmod 600 ${path}`,
    })
  }
  const value = info.size > MAX_FILE_BYTES ? undefined : parseJson(await readFile(path, 'utf8'))
  if (Value.Check(CredentialsFile, value)) return value
  throw new CliError('bad-credentials-file', `${path} is damaged, or of a newer version`, {
    hint: 'Remove it and sign in again with "muster login".',
  })
}

/** Stores the sign-in of a server and makes it the one used by default. */
export async function saveSignIn(configFolder: string, server: string, signIn: StoredSignIn): Promise<void> {
  const stored = await loadCredentials(configFolder)
  await write(configFolder, { ...stored, server, signIns: { ...stored.signIns, [server]: signIn } })
}

/** Removes the sign-in of a server; true when there was one. */
export async function removeSignIn(configFolder: string, server: string): Promise<boolean> {
  const stored = await loadCredentials(configFolder)
  const { [server]: removed, ...signIns } = stored.signIns
  if (removed === undefined) return false
  const { server: preferred, ...rest } = stored
  await write(configFolder, { ...rest, signIns, ...(preferred === server || !preferred ? {} : { server: preferred }) })
  return true
}

/** Written beside and renamed, so that a crash leaves the old file or the new one. */
async function write(configFolder: string, credentials: Credentials): Promise<void> {
  const path = credentialsPath(configFolder)
  const draft = `${path}.${process.pid}.new`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    await writeFile(draft, `${JSON.stringify(credentials, undefined, 2)}\n`, { mode: 0o600 })
    await chmod(draft, 0o600)
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, copyFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { encodeSeed } from '@muster/mesh/keeping/kept-files.ts'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { MESH_KEY_FILE } from '../mesh/config.ts'
import { readKeyFile } from '../mesh/key-file.ts'
import { createPrivateFile } from '../store/private-file.ts'
import { openStore, SQLITE_FILE, type Store } from '../store/store.ts'
import { StoreError } from '../store/store-error.ts'
import { VERSION } from '../version.ts'
import { wireTime } from '../wire-time.ts'

/** What stands beside a backup, in `FILE.json`. */
const Manifest = Type.Object({
  format: Type.Literal('muster-coordinator-backup/1'),
  program: Type.String(),
  migrations: Type.Array(Type.String()),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  sizeBytes: Type.Integer({ minimum: 0 }),
  createdAt: Type.String(),
  /** SHA-256 of the mesh key in `FILE.mesh-key`; absent when there was none. */
  meshKeySha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
})
export type Manifest = Static<typeof Manifest>

/** File of the mesh key beside a backup: by it alone one may sign for every cluster, so it can be kept elsewhere. */
export function keyBeside(file: string): string {
  return `${file}.mesh-key`
}

/**
 * Copies the store, which may be in use, to a new file, with a manifest beside it, and the mesh key.
 *
 * @param keyFile - where the mesh key is, if this coordinator has one
 * @throws {StoreError} not-empty — the file exists; unusable
 */
export async function backup(store: Store, file: string, now: number, keyFile?: string): Promise<Manifest> {
  if (await exists(file)) {
    throw new StoreError('not-empty', `${file} exists already`, { hint: 'Name a file that does not exist.' })
  }
  const part = `${file}.part`
  await rm(part, { force: true })
  await createPrivateFile(part)
  try {
    await store.copyTo(part)
    const key = keyFile === undefined ? undefined : await readKey(keyFile)
    const manifest: Manifest = {
      format: 'muster-coordinator-backup/1',
      program: VERSION,
      migrations: [...(await store.migrations()).applied],
      sha256: await digestOf(part),
      sizeBytes: (await stat(part)).size,
      createdAt: wireTime(now),
      ...(key === undefined ? {} : { meshKeySha256: digestOfText(key) }),
    }
    if (key !== undefined) await writeDurably(keyBeside(file), key)
    await writeDurably(`${file}.json`, `${JSON.stringify(manifest, null, 2)}\n`)
    await syncFile(part)
    await rename(part, file)
    return manifest
  } finally {
    await rm(part, { force: true })
  }
}

/** Where the mesh key goes, and whether a backup without it will do. */
export interface RestoreOptions {
  readonly keyFile?: string
  readonly isKeyLeftOut?: boolean
}

/**
 * Puts a backup into a data folder that has no store yet, and its mesh key into the file of the configuration.
 *
 * @throws {StoreError} not-empty, damaged, too-new
 */
export async function restore(file: string, folder: string, options: RestoreOptions = {}): Promise<Manifest> {
  const target = join(folder, SQLITE_FILE)
  if (await exists(target)) {
    throw new StoreError('not-empty', `${folder} holds a store already`, {
      hint: 'Restore into an empty folder and start the coordinator with --data there.',
    })
  }
  const manifest = await readManifest(`${file}.json`)
  if ((await digestOf(file)) !== manifest.sha256) throw damaged(`${file} is not what was backed up`)
  const putKey = await prepareKey(file, manifest, { keyFile: join(folder, MESH_KEY_FILE), ...options })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const part = `${target}.part`
  await rm(part, { force: true })
  await createPrivateFile(part)
  await copyFile(file, part)
  await syncFile(part)
  await rename(part, target)
  try {
    await checkRestored(folder, file)
    await putKey()
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm']) await rm(`${target}${suffix}`, { force: true })
    throw error
  }
  return manifest
}

async function checkRestored(folder: string, file: string): Promise<void> {
  const store = await openStore({ kind: 'sqlite', folder })
  try {
    const [problem] = await store.integrity()
    if (problem !== undefined) throw damaged(`${file} is not sound: ${problem}`)
    await store.migrations()
  } finally {
    await store.close()
  }
}

/** Checks the key before anything is written. @returns what puts it in its place */
async function prepareKey(
  file: string,
  { meshKeySha256 }: Manifest,
  { keyFile, isKeyLeftOut = false }: RestoreOptions & { readonly keyFile: string },
): Promise<() => Promise<void>> {
  if (meshKeySha256 === undefined || isKeyLeftOut) return async () => undefined
  const key = await readKey(keyBeside(file))
  if (key === undefined || digestOfText(key) !== meshKeySha256) {
    throw new StoreError('damaged', `${keyBeside(file)} is not the mesh key that was backed up`, {
      hint: 'Put it beside the backup, or add --without-mesh-key: then the members of all clusters have to join anew.',
    })
  }
  const present = await readKey(keyFile)
  if (present !== undefined && present !== key) {
    throw new StoreError('not-empty', `${keyFile} holds another mesh key`, {
      hint: 'Move it away if nothing needs it any more.',
    })
  }
  return () => writeDurably(keyFile, key)
}

async function readKey(path: string): Promise<string | undefined> {
  const seed = await readKeyFile(path)
  return seed === undefined ? undefined : encodeSeed(seed)
}

function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function readManifest(path: string): Promise<Manifest> {
  try {
    const manifest: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (Value.Check(Manifest, manifest)) return manifest
  } catch (cause) {
    throw damaged(`${path} cannot be read`, cause)
  }
  throw damaged(`${path} is not the manifest of a backup`)
}

function damaged(message: string, cause?: unknown): StoreError {
  return new StoreError('damaged', message, {
    hint: 'Use another copy of this backup, with its .json beside it.',
    ...(cause === undefined ? {} : { cause }),
  })
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
  } catch (cause) {
    throw damaged(`${path} cannot be read`, cause)
  }
  return hash.digest('hex')
}

async function writeDurably(path: string, content: string): Promise<void> {
  await createPrivateFile(path)
  const handle = await open(path, 'w', 0o600)
  await handle.writeFile(content)
  await handle.sync()
  await handle.close()
  await syncFile(dirname(path))
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync()
  await handle.close()
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

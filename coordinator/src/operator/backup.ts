import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, copyFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
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
})
export type Manifest = Static<typeof Manifest>

/**
 * Copies the store, which may be in use, to a new file, with a manifest beside it.
 *
 * @throws {StoreError} not-empty — the file exists; unusable
 */
export async function backup(store: Store, file: string, now: number): Promise<Manifest> {
  if (await exists(file)) {
    throw new StoreError('not-empty', `${file} exists already`, { hint: 'Name a file that does not exist.' })
  }
  const part = `${file}.part`
  await rm(part, { force: true })
  await createPrivateFile(part)
  try {
    await store.copyTo(part)
    const manifest: Manifest = {
      format: 'muster-coordinator-backup/1',
      program: VERSION,
      migrations: [...(await store.migrations()).applied],
      sha256: await digestOf(part),
      sizeBytes: (await stat(part)).size,
      createdAt: wireTime(now),
    }
    await writeDurably(`${file}.json`, `${JSON.stringify(manifest, null, 2)}\n`)
    await syncFile(part)
    await rename(part, file)
    return manifest
  } finally {
    await rm(part, { force: true })
  }
}

/**
 * Puts a backup into a data folder that has no store yet.
 *
 * @throws {StoreError} not-empty, damaged, too-new
 */
export async function restore(file: string, folder: string): Promise<Manifest> {
  const target = join(folder, SQLITE_FILE)
  if (await exists(target)) {
    throw new StoreError('not-empty', `${folder} holds a store already`, {
      hint: 'Restore into an empty folder and start the coordinator with --data there.',
    })
  }
  const manifest = await readManifest(`${file}.json`)
  if ((await digestOf(file)) !== manifest.sha256) throw damaged(`${file} is not what was backed up`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const part = `${target}.part`
  await rm(part, { force: true })
  await createPrivateFile(part)
  await copyFile(file, part)
  await syncFile(part)
  await rename(part, target)
  try {
    await checkRestored(folder, file)
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

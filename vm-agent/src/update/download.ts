import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rm, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ReleaseFile } from '@muster/contexts/release/release.ts'
import type { ReleaseSource } from './release-source.ts'
import { UpdateError } from './update-error.ts'
import { guarded } from './version-store.ts'

/** What must stay free for everything else on the machine. */
const RESERVE_BYTES = 64 * 1024 * 1024

/** What a download stands on. */
export interface DownloadDeps {
  readonly source: ReleaseSource
  /** Free bytes where a path is. @default as the file system tells */
  readonly freeBytes?: (path: string) => Promise<number>
}

/**
 * Fetches a file to `path`, which then has the size and sum that the release says, for good. What an earlier try has
 * left is gone on with; what turns out to be something else is removed.
 *
 * @throws {UpdateError} unreachable, damaged, disk-full, state; the signal's reason when aborted
 */
export async function download(
  { source, freeBytes = freeOnDisk }: DownloadDeps,
  file: ReleaseFile,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<void> {
  await guarded(path, async () => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const there = await sizeOf(path)
    if (there > file.bytes) await rm(path)
    const kept = there > file.bytes ? 0 : there
    const needed = file.bytes - kept + RESERVE_BYTES
    const free = await freeBytes(dirname(path))
    if (free < needed) throw noRoom(dirname(path), free, needed)
    if (kept < file.bytes || file.bytes === 0) await fetchRest(source, file, { path, from: kept, signal })
    else await checkWhole(file, path)
  })
}

interface Rest {
  readonly path: string
  readonly from: number
  readonly signal: AbortSignal
}

async function fetchRest(source: ReleaseSource, file: ReleaseFile, { path, from, signal }: Rest): Promise<void> {
  const part = await source.file(file.sha256, from, signal)
  const handle = await open(path, part.from === 0 ? 'w' : 'a', 0o600)
  try {
    if (part.from !== 0 && part.from !== from) throw damaged(file, `a part from ${part.from} came instead of ${from}`)
    const hash = part.from === 0 ? createHash('sha256') : await hashOf(path)
    await writeAll(handle, hash, { file, from: part.from, pieces: part.pieces })
    await handle.sync()
    if (hash.digest('hex') !== file.sha256) throw damaged(file, 'its sum is another one')
  } catch (error) {
    if (isFinal(error)) await rm(path, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

async function writeAll(
  handle: FileHandle,
  hash: Hash,
  {
    file,
    from,
    pieces,
  }: { readonly file: ReleaseFile; readonly from: number; readonly pieces: AsyncIterable<Uint8Array> },
): Promise<void> {
  let bytes = from
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > file.bytes) throw damaged(file, `more than its ${file.bytes} bytes came`)
    hash.update(piece)
    await handle.writeFile(piece)
  }
  if (bytes === file.bytes) return
  throw new UpdateError('unreachable', `the download ended after ${bytes} of ${file.bytes} bytes`, {
    hint: 'It goes on from there at the next try.',
  })
}

async function checkWhole(file: ReleaseFile, path: string): Promise<void> {
  if ((await hashOf(path)).digest('hex') === file.sha256) return
  await rm(path, { force: true })
  throw damaged(file, 'its sum is another one')
}

async function hashOf(path: string): Promise<Hash> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return hash
}

/** Going on with it would not help: it is another file, or it takes room that others need. */
function isFinal(error: unknown): boolean {
  const isFull = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
  return isFull || (error instanceof UpdateError && error.code === 'damaged')
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

async function freeOnDisk(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

function damaged(file: ReleaseFile, what: string): UpdateError {
  return new UpdateError('damaged', `${file.name} ${file.sha256.slice(0, 12)} is not what the release says: ${what}`, {
    hint: 'Check the server with: npm run release -- verify. It is fetched anew at the next try.',
  })
}

function noRoom(path: string, free: number, needed: number): UpdateError {
  const mb = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`
  return new UpdateError('disk-full', `a new version needs ${mb(needed)} in ${path}, ${mb(free)} are free`, {
    hint: 'Free some space; it is tried again by itself.',
  })
}

import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, type FileHandle, lstat, mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@muster/runtime/clock.ts'
import { type BlobId, blobIdOf, isBlobId } from './blob-id.ts'
import { createDiskIndex, type DiskIndex, type FilePrint, type IndexEntry } from './disk-index.ts'
import { createDiskReader, hashFile } from './disk-reader.ts'
import { createDiskWriter, type WriterGround } from './disk-writer.ts'
import { storageError, systemCode } from './storage-error.ts'
import type { BlobReader, BlobStore, BlobWriter } from './store.ts'

/** Bounds of a store. */
export interface DiskStoreOptions {
  readonly clock: Clock
  /** All blobs together, those being written too; each counts in whole blocks of 4 KiB. */
  readonly maxBytes: number
  readonly maxBlobBytes: number
}

const PART_PREFIX = '.part-'
/** The time of a file's last use is written to it at most so often. */
const MARK_MS = 60_000

/**
 * Opens the store in a folder of its own (made with mode 0700; files have 0600). One process at a time.
 *
 * A blob is a file named by its hash. It gets this name when its hash was right and its bytes are on the disk, so after
 * a crash there are whole blobs and parts; parts are removed here. What was found at the start is hashed whole before it
 * is first handed out (about 1 ms a MiB), and again whenever the file is not the one that was hashed. Decay of the disk
 * behind an unchanged file is seen by whoever receives the blob: a peer verifies what it receives, `BlobReader.bytes`
 * what it reads.
 *
 * @throws {MeshError} storage-failed
 */
export async function openBlobStore(folder: string, options: DiskStoreOptions): Promise<BlobStore> {
  const index = createDiskIndex(options.maxBytes)
  try {
    await recover(folder, index)
  } catch (cause) {
    throw storageError('looked up', cause)
  }
  return storeOf({ folder, index, options, evicted: 0, damaged: 0, lock: createLock() })
}

interface DiskState {
  readonly folder: string
  readonly index: DiskIndex
  readonly options: DiskStoreOptions
  /** Names are given and taken by one at a time: else a late removal could hit the successor of what it meant. */
  readonly lock: Lock
  evicted: number
  damaged: number
}

function storeOf(disk: DiskState): BlobStore {
  const { index, options } = disk
  const begin = async (id: BlobId): Promise<BlobWriter> => {
    const path = join(disk.folder, `${PART_PREFIX}${randomUUID()}`)
    const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
      throw storageError('written', cause)
    })
    return createDiskWriter(id, path, file, groundOf(disk, id))
  }
  return {
    maxBlobBytes: options.maxBlobBytes,
    has: (id) => index.get(id) !== undefined,
    open: (id) => openBlob(disk, id),
    begin,
    async put(content) {
      const id = blobIdOf(content)
      if (index.get(id) !== undefined) return id
      const writer = await begin(id)
      try {
        await writer.write(content)
        await writer.finish()
      } finally {
        await writer.abandon()
      }
      return id
    },
    pin: index.pin,
    usage: () => ({
      blobs: index.count,
      bytes: index.bytes,
      pinnedBytes: index.pinnedBytes,
      evicted: disk.evicted,
      damaged: disk.damaged,
    }),
  }
}

function groundOf(disk: DiskState, id: BlobId): WriterGround {
  const { index, lock, options } = disk
  return {
    maxBlobBytes: options.maxBlobBytes,
    reserve: (bytes) =>
      lock(async () => {
        for (const victim of index.victims(bytes)) {
          index.remove(victim)
          disk.evicted += 1
          await rm(join(disk.folder, victim), { force: true })
        }
        index.reserve(bytes)
      }).catch((cause: unknown) => {
        throw storageError('evicted', cause)
      }),
    release: (bytes) => index.reserve(-bytes),
    publish: (temporary, size, charged) =>
      lock(async () => {
        const path = join(disk.folder, id)
        const now = options.clock.now()
        await utimes(temporary, now / 1000, now / 1000)
        await rename(temporary, path)
        const verified = printOf(await lstat(path, { bigint: true }))
        index.reserve(-charged)
        index.set(id, { size, verified, markedAt: now })
        index.touch(id)
        await syncFolder(disk.folder)
      }),
  }
}

async function openBlob(disk: DiskState, id: BlobId): Promise<BlobReader | undefined> {
  const { index } = disk
  const entry = index.get(id)
  if (entry === undefined) return undefined
  index.touch(id)
  const file = await open(join(disk.folder, id), constants.O_RDONLY | constants.O_NOFOLLOW).catch(ignoreMissing)
  if (file === undefined) {
    // Removed by somebody else, or evicted since the look at the index.
    if (index.get(id) === entry) index.remove(id)
    return undefined
  }
  try {
    if (await isSound(disk, id, entry, file)) return createDiskReader(id, entry.size, file)
  } catch (cause) {
    await file.close()
    throw storageError('read', cause)
  }
  await file.close()
  await removeDamaged(disk, id, entry)
  return undefined
}

async function isSound(disk: DiskState, id: BlobId, entry: IndexEntry, file: FileHandle): Promise<boolean> {
  const now = disk.options.clock.now()
  const found = printOf(await file.stat({ bigint: true }))
  const isKnown = entry.verified !== undefined && isSamePrint(entry.verified, found)
  if (!isKnown && (found.size !== BigInt(entry.size) || (await hashFile(file, entry.size)) !== id)) return false
  if (isKnown && Math.abs(now - entry.markedAt) < MARK_MS) return true
  await file.utimes(now / 1000, now / 1000)
  const verified = printOf(await file.stat({ bigint: true }))
  // The bound may have claimed it in the meantime.
  if (disk.index.get(id) === entry) disk.index.set(id, { ...entry, verified, markedAt: now })
  return true
}

function removeDamaged(disk: DiskState, id: BlobId, entry: IndexEntry): Promise<void> {
  return disk.lock(async () => {
    if (disk.index.get(id) !== entry) return
    disk.index.remove(id)
    disk.damaged += 1
    await rm(join(disk.folder, id), { force: true })
  })
}

/** Fills the index with what the folder holds, in the order in which it was used; removes parts. */
async function recover(folder: string, index: DiskIndex): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const found: { readonly id: BlobId; readonly size: number; readonly markedAt: number }[] = []
  for (const name of await readdir(folder)) {
    if (name.startsWith(PART_PREFIX)) await rm(join(folder, name), { force: true })
    if (!isBlobId(name)) continue
    const stats = await lstat(join(folder, name))
    if (stats.isFile()) found.push({ id: name, size: stats.size, markedAt: stats.mtimeMs })
  }
  for (const { id, size, markedAt } of found.toSorted((left, right) => left.markedAt - right.markedAt)) {
    index.set(id, { size, verified: undefined, markedAt })
  }
}

function printOf(stats: { readonly ino: bigint; readonly size: bigint; readonly mtimeNs: bigint }): FilePrint {
  return { inode: stats.ino, size: stats.size, modifiedNs: stats.mtimeNs }
}

function isSamePrint(left: FilePrint, right: FilePrint): boolean {
  return left.inode === right.inode && left.size === right.size && left.modifiedNs === right.modifiedNs
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function ignoreMissing(cause: unknown): undefined {
  if (systemCode(cause) === 'ENOENT') return undefined
  // A symbolic link where a blob should be is nobody's blob.
  if (systemCode(cause) === 'ELOOP') return undefined
  throw storageError('read', cause)
}

/** Runs one after the other, in the order of the calls. */
type Lock = <T>(work: () => Promise<T>) => Promise<T>

function createLock(): Lock {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
}

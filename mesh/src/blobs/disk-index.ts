import { MeshError } from '../fault.ts'
import type { BlobId } from './blob-id.ts'

/** A finished blob on the disk. */
export interface IndexEntry {
  readonly size: number
  /** The file whose hash was right when it was last looked at; undefined for one that was found at the start. */
  readonly verified: FilePrint | undefined
  /** When the file was last marked as used, epoch milliseconds. */
  readonly markedAt: number
}

/** By this a file is known to be the one that was verified: whoever replaces or writes it changes one of the three. */
export interface FilePrint {
  readonly inode: bigint
  readonly size: bigint
  readonly modifiedNs: bigint
}

/** A file occupies whole blocks: counted so, many tiny blobs cannot fill a disk beside the bound. */
const BLOCK_BYTES = 4096

/** What a file of so many bytes counts for. */
export function chargeOf(size: number): number {
  return Math.max(1, Math.ceil(size / BLOCK_BYTES)) * BLOCK_BYTES
}

/** Which blobs are there, in order of their last use, and what they and the writers occupy. No I/O. */
export interface DiskIndex {
  get(id: BlobId): IndexEntry | undefined
  /** Adds or changes an entry without counting as a use. */
  set(id: BlobId, entry: IndexEntry): void
  touch(id: BlobId): void
  remove(id: BlobId): void
  pin(id: BlobId): () => void
  /** Counts the bytes of a blob in the making; a negative number gives them back. */
  reserve(bytes: number): void
  /**
   * What has to go, oldest use first, until so many bytes more fit.
   *
   * @throws {MeshError} no-space - they do not fit even then
   */
  victims(bytes: number): readonly BlobId[]
  readonly count: number
  readonly bytes: number
  readonly pinnedBytes: number
}

/** @param maxBytes - bound of all together */
export function createDiskIndex(maxBytes: number): DiskIndex {
  // A map keeps the order of insertion: the first is the one whose last use is longest ago.
  const entries = new Map<BlobId, IndexEntry>()
  const pins = new Map<BlobId, number>()
  let stored = 0
  let reserved = 0
  const isPinned = (id: BlobId) => pins.has(id)
  const remove = (id: BlobId) => {
    const entry = entries.get(id)
    if (entry === undefined) return
    stored -= chargeOf(entry.size)
    entries.delete(id)
  }
  return {
    get: (id) => entries.get(id),
    set(id, entry) {
      const old = entries.get(id)
      stored += chargeOf(entry.size) - (old === undefined ? 0 : chargeOf(old.size))
      entries.set(id, entry)
    },
    touch(id) {
      const entry = entries.get(id)
      if (entry === undefined) return
      entries.delete(id)
      entries.set(id, entry)
    },
    remove,
    pin(id) {
      pins.set(id, (pins.get(id) ?? 0) + 1)
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        const left = (pins.get(id) ?? 1) - 1
        if (left > 0) pins.set(id, left)
        else pins.delete(id)
      }
    },
    reserve(bytes) {
      reserved += bytes
    },
    victims(bytes) {
      const chosen: BlobId[] = []
      let excess = stored + reserved + bytes - maxBytes
      for (const [id, entry] of entries) {
        if (excess <= 0) break
        if (isPinned(id)) continue
        chosen.push(id)
        excess -= chargeOf(entry.size)
      }
      if (excess > 0) throw full(maxBytes)
      return chosen
    },
    get count() {
      return entries.size
    },
    get bytes() {
      return stored + reserved
    },
    get pinnedBytes() {
      let sum = 0
      for (const [id, entry] of entries) if (isPinned(id)) sum += chargeOf(entry.size)
      return sum
    },
  }
}

function full(maxBytes: number): MeshError {
  return new MeshError('no-space', `The cache of blobs is full: ${maxBytes} bytes, and what it holds is in use`, {
    hint: 'Raise the bound of the cache, or keep fewer blobs pinned.',
  })
}

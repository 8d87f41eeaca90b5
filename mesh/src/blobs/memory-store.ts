import { MeshError } from '../fault.ts'
import { type BlobId, blobIdOf } from './blob-id.ts'
import { createDiskIndex } from './disk-index.ts'
import type { BlobReader, BlobStore, BlobWriter } from './store.ts'

/** A store without a disk, with the same bounds; for simulations and for programs that keep nothing. */
export function createMemoryBlobStore(options: {
  readonly maxBytes: number
  readonly maxBlobBytes: number
}): BlobStore {
  const index = createDiskIndex(options.maxBytes)
  const contents = new Map<BlobId, Uint8Array>()
  let evicted = 0
  const keep = (id: BlobId, content: Uint8Array) => {
    if (index.get(id) !== undefined) return
    for (const victim of index.victims(content.length)) {
      index.remove(victim)
      contents.delete(victim)
      evicted += 1
    }
    contents.set(id, content)
    index.set(id, { size: content.length, verified: undefined, markedAt: 0 })
  }
  const check = (size: number) => {
    if (size > options.maxBlobBytes)
      throw new MeshError('too-large', `A blob of more than ${options.maxBlobBytes} bytes`)
  }
  return {
    maxBlobBytes: options.maxBlobBytes,
    has: (id) => contents.has(id),
    async open(id) {
      const content = contents.get(id)
      index.touch(id)
      return content === undefined ? undefined : readerOf(id, content)
    },
    begin: async (id) => writerOf(id, check, (content) => keep(id, content)),
    async put(content) {
      check(content.length)
      const id = blobIdOf(content)
      keep(id, Uint8Array.from(content))
      return id
    },
    pin: index.pin,
    usage: () => ({ blobs: index.count, bytes: index.bytes, pinnedBytes: index.pinnedBytes, evicted, damaged: 0 }),
  }
}

function readerOf(id: BlobId, content: Uint8Array): BlobReader {
  return {
    id,
    size: content.length,
    read: async (offset, maxBytes) => content.slice(offset, offset + maxBytes),
    bytes: async () => content.slice(),
    close: async () => undefined,
  }
}

function writerOf(id: BlobId, check: (size: number) => void, keep: (content: Uint8Array) => void): BlobWriter {
  let pieces: Uint8Array[] = []
  let written = 0
  return {
    get written() {
      return written
    },
    async write(piece) {
      check(written + piece.length)
      pieces.push(Uint8Array.from(piece))
      written += piece.length
    },
    async restart() {
      pieces = []
      written = 0
    },
    async finish() {
      const content = new Uint8Array(Buffer.concat(pieces))
      if (blobIdOf(content) !== id) return false
      keep(content)
      return true
    },
    async abandon() {
      pieces = []
    },
  }
}

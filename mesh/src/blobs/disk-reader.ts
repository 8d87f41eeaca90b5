import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { MeshError } from '../fault.ts'
import { type BlobId, blobIdOf } from './blob-id.ts'
import { storageError } from './storage-error.ts'
import type { BlobReader } from './store.ts'

const HASH_STEP_BYTES = 256 * 1024

/** A blob behind an open file; the file may be unlinked meanwhile, its bytes stay until `close`. */
export function createDiskReader(id: BlobId, size: number, file: FileHandle): BlobReader {
  let isClosed = false
  const read = async (offset: number, maxBytes: number) => {
    const piece = await readFully(file, offset, Math.min(maxBytes, size - offset))
    if (piece === undefined) throw damaged(id)
    return piece
  }
  return {
    id,
    size,
    read,
    async bytes() {
      const content = await read(0, size)
      if (blobIdOf(content) !== id) throw damaged(id)
      return content
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await file.close()
    },
  }
}

/** The hash of a file's first `size` bytes, as a name; undefined when it has fewer. @throws {MeshError} storage-failed */
export async function hashFile(file: FileHandle, size: number): Promise<BlobId | undefined> {
  const hash = createHash('sha256')
  for (let offset = 0; offset < size; offset += HASH_STEP_BYTES) {
    const piece = await readFully(file, offset, Math.min(HASH_STEP_BYTES, size - offset))
    if (piece === undefined) return undefined
    hash.update(piece)
  }
  return hash.digest('hex')
}

async function readFully(file: FileHandle, offset: number, length: number): Promise<Uint8Array | undefined> {
  const piece = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(piece, filled, length - filled, offset + filled).catch((cause: unknown) => {
      throw storageError('read', cause)
    })
    if (bytesRead === 0) return undefined
    filled += bytesRead
  }
  return piece
}

function damaged(id: BlobId): MeshError {
  return new MeshError('damaged', `The stored bytes of blob ${id} are not what was stored`, {
    hint: 'It is removed and fetched again when it is next asked for. If this repeats, check the disk.',
  })
}

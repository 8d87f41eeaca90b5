import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { rm } from 'node:fs/promises'
import { MeshError } from '../fault.ts'
import type { BlobId } from './blob-id.ts'
import { chargeOf } from './disk-index.ts'
import { storageError } from './storage-error.ts'
import type { BlobWriter } from './store.ts'

/** What a writer needs of its store. */
export interface WriterGround {
  readonly maxBlobBytes: number
  /** Makes room for so many bytes and counts them. @throws {MeshError} no-space */
  reserve(bytes: number): Promise<void>
  release(bytes: number): void
  /** The file is whole, its hash is right and it is on the disk: gives it its name, and back what it was counted for. */
  publish(temporary: string, size: number, charged: number): Promise<void>
}

/** Writes to a temporary file, hashing on the way. */
export function createDiskWriter(id: BlobId, path: string, file: FileHandle, ground: WriterGround): BlobWriter {
  let hash: Hash = createHash('sha256')
  let written = 0
  let charged = 0
  let isOpen = true
  const charge = async (size: number) => {
    const more = chargeOf(size) - charged
    if (more <= 0) return
    await ground.reserve(more)
    charged += more
  }
  const abandon = async () => {
    if (!isOpen) return
    isOpen = false
    ground.release(charged)
    await file.close().catch(() => undefined)
    await rm(path, { force: true }).catch(() => undefined)
  }
  return {
    get written() {
      return written
    },
    async write(piece) {
      if (!isOpen) throw new MeshError('storage-failed', 'The blob is no longer being written')
      if (written + piece.length > ground.maxBlobBytes) throw tooLarge(id, ground.maxBlobBytes)
      await charge(written + piece.length)
      await writeFully(file, piece, written)
      hash.update(piece)
      written += piece.length
    },
    async restart() {
      await file.truncate(0).catch((cause: unknown) => {
        throw storageError('written', cause)
      })
      hash = createHash('sha256')
      written = 0
    },
    async finish() {
      if (hash.copy().digest('hex') !== id) return false
      try {
        await file.sync()
        await file.close()
        await ground.publish(path, written, charged)
      } catch (cause) {
        await abandon()
        throw storageError('kept', cause)
      }
      isOpen = false
      return true
    },
    abandon,
  }
}

/** At a position of its own, so that a piece that was written in part does not shift what follows. */
async function writeFully(file: FileHandle, piece: Uint8Array, offset: number): Promise<void> {
  let done = 0
  while (done < piece.length) {
    const { bytesWritten } = await file
      .write(piece, done, piece.length - done, offset + done)
      .catch((cause: unknown) => {
        throw storageError('written', cause)
      })
    done += bytesWritten
  }
}

function tooLarge(id: BlobId, limit: number): MeshError {
  return new MeshError('too-large', `Blob ${id} has more than ${limit} bytes`, {
    hint: 'Make the content smaller, or raise the limit of one blob at every member.',
  })
}

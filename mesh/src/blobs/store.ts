import type { BlobId } from './blob-id.ts'

/** One blob, open for reading. It stays readable until it is closed, even when the store lets go of it meanwhile. */
export interface BlobReader {
  readonly id: BlobId
  /** Bytes of the whole. */
  readonly size: number
  /**
   * @param offset - 0 to `size`
   * @param maxBytes - 1 or more
   * @returns fewer bytes than asked for only at the end
   * @throws {MeshError} damaged - the file is shorter than it was; storage-failed
   */
  read(offset: number, maxBytes: number): Promise<Uint8Array>
  /** The whole, hashed once more. @throws {MeshError} damaged - the disk gave other bytes; storage-failed */
  bytes(): Promise<Uint8Array>
  /** May be called more than once. */
  close(): Promise<void>
}

/** A blob that is being received. Nobody can read it before `finish` has said that its hash is right. */
export interface BlobWriter {
  /** Bytes taken so far. */
  readonly written: number
  /**
   * Appends; one call at a time.
   *
   * @throws {MeshError} too-large - above the limit of one blob; no-space - the disk is full, or what is pinned leaves
   * no room within the bound; storage-failed
   */
  write(piece: Uint8Array): Promise<void>
  /** Forgets what was written and begins anew. @throws {MeshError} storage-failed */
  restart(): Promise<void>
  /**
   * Keeps the blob when its hash is its name: it is on the disk for good then.
   *
   * @returns false when the hash is another: nothing is kept, `restart` or `abandon` comes next
   * @throws {MeshError} no-space, storage-failed
   */
  finish(): Promise<boolean>
  /** Drops what was not finished; does nothing afterwards. */
  abandon(): Promise<void>
}

/** How full a store is, and what happened to it since it was opened. */
export interface BlobUsage {
  readonly blobs: number
  /** Finished blobs and those being written. */
  readonly bytes: number
  readonly pinnedBytes: number
  readonly evicted: number
  /** Files that were found to hold other bytes than their name says, and removed. */
  readonly damaged: number
}

/**
 * Blobs of this machine, bounded. Bytes are opaque to it: a sealed context goes in and out sealed, and nothing here
 * could open it.
 */
export interface BlobStore {
  /** Largest blob that is taken. */
  readonly maxBlobBytes: number
  /** Whether it is believed to be here; `open` proves it. */
  has(id: BlobId): boolean
  /** Counts as a use. @returns undefined when it is not here or was found damaged. @throws {MeshError} storage-failed */
  open(id: BlobId): Promise<BlobReader | undefined>
  /** Two writers of one blob do not disturb each other. @throws {MeshError} storage-failed, no-space */
  begin(id: BlobId): Promise<BlobWriter>
  /** Keeps bytes that are in memory already. @throws {MeshError} too-large, no-space, storage-failed */
  put(content: Uint8Array): Promise<BlobId>
  /** Keeps a blob from being evicted, here already or not yet; not across a restart. @returns takes this pin back */
  pin(id: BlobId): () => void
  usage(): BlobUsage
}

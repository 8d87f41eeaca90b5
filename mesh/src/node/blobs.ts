/** Blobs that this machine has, by the SHA-256 of their bytes in hex. */
export interface BlobStore {
  has(sha256: string): Promise<boolean>
}

/** Fetches blobs from whoever of the cluster has them. */
export interface BlobExchange {
  /** The blob is in the store once this resolves. @throws {MeshError} unreachable - nobody who is reached has it */
  fetch(
    sha256: string,
    options: { readonly signal: AbortSignal; readonly onProgress?: (receivedBytes: number) => void },
  ): Promise<void>
}

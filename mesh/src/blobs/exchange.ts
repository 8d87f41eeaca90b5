import type { PeerId } from '../admission/membership.ts'
import type { BlobId } from './blob-id.ts'
import type { BlobReader } from './store.ts'

/** How far a fetch is. */
export interface BlobProgress {
  /** Bytes received so far; goes back when another source has to begin anew. */
  readonly bytes: number
  /** As the source states it. */
  readonly size: number
}

/** Options of one fetch. */
export interface BlobFetchOptions {
  /** Ends this caller's wait; the fetch goes on while others wait for it. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: BlobProgress) => void
}

/** Serving to one cloud; `cloud` is empty for peers without one. */
export interface ServedCount {
  readonly cloud: string
  /** Whole blobs that the other side has confirmed. */
  readonly blobs: number
  readonly bytes: number
  /** Transfers that ended early. */
  readonly broken: number
}

/** Counts since the start, unless it says "now". */
export interface BlobCounts {
  readonly served: readonly ServedCount[]
  readonly blobsServed: number
  readonly blobBytesServed: number
  readonly blobsFetched: number
  readonly blobBytesFetched: number
  readonly fetchesFailed: number
  /** Requests that were put off: busy, still fetching, or another member of that cloud has it. */
  readonly putOff: number
  /** Transfers whose content was not what its name says. */
  readonly wrongContent: number
  readonly servingNow: number
  readonly fetchingNow: number
}

/** Gets blobs from the cluster and gives them to others. */
export interface BlobExchange {
  /**
   * From the own store, else from members of the own cloud, the cloud's agent or the coordinator. Fetches of one blob
   * run once, however many ask for it. The caller closes the reader.
   *
   * @throws {MeshError} not-found - nobody who answers has it; unreachable - nobody answers; no-space, storage-failed -
   * the own store; malformed - not a blob's name
   * @throws `signal.reason`
   */
  fetch(id: BlobId, options?: BlobFetchOptions): Promise<BlobReader>
  counts(): BlobCounts
  /** Who was served by this node, newest last, at most the last thousand. */
  servings(): readonly { readonly peer: PeerId; readonly cloud: string; readonly id: BlobId; readonly bytes: number }[]
  /** Ends all fetches and takes no more; serving ends with the host. */
  stop(): Promise<void>
}

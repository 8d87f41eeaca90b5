import type { PeerId } from '../admission/membership.ts'

/** Whom a node may ask for blobs, as it sees its cluster now; asked anew for each decision, so it must be cheap. */
export interface BlobPeers {
  readonly self: PeerId
  /** Members of the own cloud that are believed alive, without this node and without agents; in any order. */
  sameCloud(): readonly PeerId[]
  /** Agents of the own cloud, with this node when it is one. */
  agents(): readonly PeerId[]
  /** Sources outside the cloud, the best first: the coordinator, then agents of other clouds. Without this node. */
  upstream(): readonly PeerId[]
  /**
   * The cloud that an admitted peer stands in, by its certificate or the definition; undefined for a coordinator and
   * for one that is not known. Asked for this node too.
   */
  cloudOf(peer: PeerId): string | undefined
  /** Whether a connection stands: such peers are asked first, for each new connection costs both ends. */
  isConnected(peer: PeerId): boolean
  /** Multiaddrs to dial, as its records state them; empty when none are known. */
  addressesOf(peer: PeerId): readonly string[]
}

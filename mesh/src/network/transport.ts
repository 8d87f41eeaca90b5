import type { PeerId } from '../admission/membership.ts'

/**
 * What happens at one node of the network. The adapter delivers events one after the other, never two at once, and none
 * after the node was closed.
 */
export type TransportEvent<Request, Answer, Message> =
  /** The first connection to an admitted peer stands, whoever dialed; identity and certificate were checked. */
  | { readonly type: 'connected'; readonly peer: PeerId }
  /** The last connection to it is closed; `isAsked` when an end meant to. Exactly one follows each `connected`. */
  | { readonly type: 'disconnected'; readonly peer: PeerId; readonly isAsked: boolean }
  /** Whether a peer that is connected is reached through a relay only: after `connected` if it is, and with each change. */
  | { readonly type: 'routed'; readonly peer: PeerId; readonly isRelayed: boolean }
  /** The dial ended without a connection. One that succeeds ends with `connected` or, from a relay to a direct way, `routed`. */
  | { readonly type: 'dial-failed'; readonly peer: PeerId }
  /** A peer asks; `answer` with the same id, or let its time run out. */
  | { readonly type: 'requested'; readonly peer: PeerId; readonly id: number; readonly body: Request }
  /** For each request exactly one of these two, within its time as the own clock counts it. */
  | { readonly type: 'answered'; readonly peer: PeerId; readonly id: number; readonly body: Answer }
  | { readonly type: 'request-failed'; readonly peer: PeerId; readonly id: number }
  /** Somebody of the same network segment, who may be of this cluster or not: worth dialing. */
  | { readonly type: 'discovered'; readonly peer: PeerId; readonly addresses: readonly string[] }
  /** A message of a subscribed topic; decoded, verified and accepted by the topic's validator. */
  | { readonly type: 'message'; readonly topic: string; readonly message: Message }

/**
 * The network as one node uses it. Two adapters: the memory network of this folder, and libp2p.
 *
 * Promises: calls return at once and never throw for what the network does; what becomes of them is told by events.
 * Requests are reliable while the connection holds: bytes are neither lost nor reordered inside one, but two requests
 * may overtake each other. Messages of topics are best effort: they may be lost, late, doubled and in any order, and the
 * publisher does not hear its own.
 */
export interface Transport<Request, Answer, Message> {
  readonly self: PeerId
  /**
   * Does nothing while a direct connection to the peer stands or a dial is under way. A peer that is connected through a
   * relay is dialed at its direct addresses.
   */
  dial(peer: PeerId, addresses: readonly string[]): void
  hangUp(peer: PeerId): void
  /** On the connection to the peer, or a fresh one that is dialed within the same time. `id` is the caller's. */
  request(peer: PeerId, id: number, body: Request, timeoutMs: number): void
  answer(peer: PeerId, id: number, body: Answer): void
  subscribe(topic: string): void
  publish(topic: string, message: Message): void
}

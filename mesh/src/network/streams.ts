import type { PeerId } from '../admission/membership.ts'

/**
 * A conversation with one peer in frames: both sides send and receive whole frames, in order, none lost, until one side
 * closes. Each frame is length-prefixed on the wire.
 */
export interface FrameStream {
  /** Proven by the connection. */
  readonly peer: PeerId
  /**
   * Resolves when there is room for the next frame: who waits for it sends no faster than the other side reads.
   *
   * @throws {MeshError} unreachable - the stream ended; too-large - above the protocol's limit
   */
  send(frame: Uint8Array): Promise<void>
  /**
   * The next frame; undefined when the other side has closed.
   *
   * @throws {MeshError} unreachable - the connection broke or the deadline is over; too-large, malformed - the other
   * side does not keep to the protocol: the stream is reset
   */
  receive(): Promise<Uint8Array | undefined>
  /** Nothing more is sent; what was sent still arrives. */
  close(): Promise<void>
  /** Ends both directions at once. */
  reset(): void
}

/** A protocol over frames, with its bounds. */
export interface FrameProtocol {
  /** As DESIGN.md section 8 names it, for example `/muster/sync/1`. */
  readonly name: string
  readonly maxFrameBytes: number
  /** The whole conversation, both sides. */
  readonly deadlineMs: number
  /** Conversations that one peer may have here at once; more are reset at once. */
  readonly maxPerPeer: number
  /** Whether a peer without a valid certificate may speak it; only `join` and `hello` say so. */
  readonly isOpenToStrangers?: boolean
}

/** The streams of one cluster at one node. The two adapters are those of `Transport`. */
export interface Streams {
  /**
   * Opens a conversation, dialing the peer when no connection stands.
   *
   * @param addresses - multiaddrs to dial; those that are remembered when left out
   * @throws {MeshError} unreachable - no connection within the deadline, or the peer does not speak the protocol;
   * refused - the peer is not admitted here, or does not admit this node
   */
  open(
    peer: PeerId,
    protocol: FrameProtocol,
    options?: { readonly addresses?: readonly string[]; readonly signal?: AbortSignal },
  ): Promise<FrameStream>
  /** Answers conversations that others open; the stream is closed when `answer` resolves and reset when it rejects. */
  serve(protocol: FrameProtocol, answer: (stream: FrameStream) => Promise<void>): void
}

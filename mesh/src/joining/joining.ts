import type { Service } from '@muster/runtime/service.ts'
import type { SignedDefinition } from '../admission/definition.ts'
import type { Membership, PeerId } from '../admission/membership.ts'
import type { RefusalCause } from '../admission/refusals.ts'
import type { RevocationBook } from '../admission/revocation.ts'

/** Somebody who admits members, and where it is reached. */
export interface IssuerAddress {
  readonly peer: PeerId
  /** Multiaddrs; may be empty when the network knows how to reach the peer. */
  readonly addresses: readonly string[]
}

/**
 * Where joining stands. `trouble` is one line for people on what is in the way, undefined while nothing is.
 *
 * `joining` no certificate yet · `member` · `lapsed` the certificate has expired, asking for a new one goes on ·
 * `refused` for good
 */
export type JoiningPhase =
  | { readonly phase: 'joining'; readonly trouble: string | undefined }
  | { readonly phase: 'member'; readonly trouble: string | undefined }
  | { readonly phase: 'lapsed'; readonly trouble: string | undefined }
  | { readonly phase: 'refused'; readonly cause: RefusalCause; readonly trouble: string }

/** What a member holds; kept on disk before it is told here. */
export interface Credentials {
  readonly membership: Membership
  /** Compact JWS, to show others. */
  readonly certificate: string
  readonly definition: SignedDefinition
  readonly revocations: RevocationBook
}

/** A node's way into its cluster and its staying there. */
export interface Joining {
  phase(): JoiningPhase
  /** The newest that this node holds; undefined before the first join. They may have expired: see `phase`. */
  credentials(): Credentials | undefined
  /**
   * A newer definition has come by another way and is kept: its agents are asked for renewals from now on.
   *
   * @throws {MeshError} bad-certificate - as `newerDefinition`
   */
  acceptDefinition(definition: SignedDefinition): void
  /** Phase or credentials have changed. @returns stops listening */
  onChange(listener: () => void): () => void
  /** Asks, renews and waits until it is stopped; ready at once. It goes on running when refused for good. */
  readonly service: Service
}

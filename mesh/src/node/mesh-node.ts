import type { Secret } from '@muster/contexts/secret.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Service } from '@muster/runtime/service.ts'
import type { Trust } from '../admission/definition.ts'
import type { Identity } from '../admission/identity.ts'
import type { Issuer, IssuerParts } from '../admission/issuer.ts'
import type { PeerId } from '../admission/membership.ts'
import type { BlobExchange } from '../blobs/exchange.ts'
import type { BlobStore } from '../blobs/store.ts'
import type { ProbeSpec } from '../directory/probes.ts'
import type { MeshKeeping } from '../keeping/mesh-keeping.ts'
import type { MemberStatement } from '../member/messages.ts'
import type { NetworkHost } from '../network/network-host.ts'
import type { DeparturePayload, PresencePayload } from '../records/payloads.ts'
import type { RecordKind } from '../records/record.ts'
import type { RememberedPeer } from '../redial/state.ts'
import type { Mesh } from './mesh.ts'

/** How this node becomes a member. */
export type NodeAdmission =
  /** By a token of its issuer, and from then on by the certificate that is kept. */
  | {
      readonly kind: 'join'
      readonly issuer: PeerId
      /** Multiaddrs of the issuer. */
      readonly addresses: readonly string[]
      readonly token: Secret
      /** The cloud's identifier of this machine. */
      readonly instance?: string
    }
  /** The definition names its key: a coordinator or a cloud agent. `definition` is the compact JWS, as known now. */
  | { readonly kind: 'named'; readonly definition: string }

/** What an issuer adds to a node; its journal is in `keeping`. */
export type NodeIssuer = Pick<IssuerParts, 'approve'>

/** What a node of one cluster stands on. */
export interface MeshNodeParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly host: NetworkHost
  /** Of the same key as the host's. */
  readonly identity: Identity
  readonly keeping: MeshKeeping
  readonly trust: Trust
  readonly admission: NodeAdmission
  /** Whom to dial first and again and again, besides those whom the definition names. */
  readonly rendezvous: readonly Pick<RememberedPeer, 'peer' | 'addresses'>[]
  /** Name and version for people, at most 24 bytes. */
  readonly program: string
  /** IP address for programs of users, if others of the cloud reach one. Asked again when addresses change. */
  readonly userAddress: () => string | undefined
  /** Performs one functional probe. Resolves false, or rejects, when it did not pass. */
  readonly performProbe: (spec: ProbeSpec, signal: AbortSignal) => Promise<boolean>
  readonly blobStore: BlobStore
  /** For a cloud agent or a coordinator: it admits others. */
  readonly issuer?: NodeIssuer
}

/** A node of one cluster: a service to run, and what programs use of it. */
export interface MeshNode {
  readonly mesh: Mesh
  /** Ready as soon as it has begun; `mesh.phase()` tells whether it is a member yet. Detaches when it ends. */
  readonly service: Service
  readonly blobs: BlobExchange
  /** Only with `parts.issuer`, from the moment the service is ready. */
  readonly issuer: () => Issuer | undefined
  /** States something about this member until it is withdrawn: demand, worker, cloud. Presence and services it does itself. */
  state(statement: MemberStatement): void
  withdraw(kind: RecordKind, subject: string): void
  /** The member's own state, as its presence says it. @default ready once it is a member */
  setState(state: PresencePayload['state']): void
  /**
   * Takes a definition or a revocation list that this program has signed or was given; spreads it.
   *
   * @throws {MeshError} as `Roster.acceptDefinition`, `Roster.acceptRevocations`
   */
  acceptDefinition(token: string): Promise<void>
  acceptRevocations(token: string): Promise<void>
  /** The cloud says that the machine of this member is deleted. */
  confirmGone(peer: PeerId): void
  /** Says goodbye, then detaches. The service ends only by its signal. Twice is the same as once. */
  leave(reason: DeparturePayload['reason']): Promise<void>
}

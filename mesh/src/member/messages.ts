import type { Membership, PeerId } from '../admission/membership.ts'
import type { AnswerDifference } from '../directory/watch.ts'
import type { TransportEvent } from '../network/transport.ts'
import type { Version } from '../records/order.ts'
import type { Payload } from '../records/payloads.ts'
import type { RecordKind, SignedRecord } from '../records/record.ts'
import type { Topic } from '../records/topics.ts'
import type { RedialStart, RememberedPeer } from '../redial/state.ts'
import type { WitnessEffect } from '../witness/events.ts'

/** What one member asks another, besides records. */
export type MeshRequest =
  /** Are you there? With `suspected`, somebody said no about that version of you. */
  | { readonly type: 'probe'; readonly suspected: Version | undefined }
  /** Can you reach this one? */
  | { readonly type: 'probe-through'; readonly peer: PeerId }
  /** Whom do you know? */
  | { readonly type: 'peers' }

export type MeshAnswer =
  | { readonly type: 'here' }
  | { readonly type: 'reach'; readonly isReachable: boolean }
  /** At most `MAX_EXCHANGED_PEERS`. */
  | { readonly type: 'peers'; readonly peers: readonly Pick<RememberedPeer, 'peer' | 'addresses'>[] }

/** Peers in one answer. */
export const MAX_EXCHANGED_PEERS = 16

/** Both clocks at one moment: the wall clock may jump, the monotonic one does not. */
export interface Times {
  /** Epoch milliseconds. */
  readonly wall: number
  /** Milliseconds. */
  readonly monotonic: number
}

/** What a member makes a statement about itself of. */
export type MemberStatement = {
  readonly [K in RecordKind]: { readonly kind: K; readonly subject: string; readonly payload: Payload<K> }
}[RecordKind]

/** What a member is told. Records and messages were verified by the adapter. */
export type MemberEvent =
  | TransportEvent<MeshRequest, MeshAnswer, SignedRecord>
  /** Records that a sync with a peer brought, verified but not stored; see also `Member.take`. */
  | { readonly type: 'synced'; readonly records: readonly { readonly signed: SignedRecord; readonly topic: Topic }[] }
  /** This member has something to say about itself, until it is withdrawn. */
  | { readonly type: 'state'; readonly statement: MemberStatement }
  | { readonly type: 'withdraw'; readonly kind: RecordKind; readonly subject: string }
  | { readonly type: 'used'; readonly owner: PeerId; readonly service: string; readonly isOk: boolean }
  | { readonly type: 'measured'; readonly peer: PeerId; readonly rttMs: number }
  /** The cloud says that the machine of this member is deleted. */
  | { readonly type: 'confirmed-gone'; readonly peer: PeerId }
  /** The definition has changed: these clouds, and these peers to meet at. */
  | { readonly type: 'redefined'; readonly clouds: readonly string[]; readonly rendezvous: RedialStart['rendezvous'] }
  | { readonly type: 'leave'; readonly reason: Payload<'departure'>['reason'] }
  /** At `wakeAt`, so at least once a second. */
  | { readonly type: 'tick' }

/** What a member wants done. */
export type MemberEffect =
  | { readonly type: 'dial'; readonly peer: PeerId; readonly addresses: readonly string[] }
  | { readonly type: 'hang-up'; readonly peer: PeerId }
  | {
      readonly type: 'request'
      readonly peer: PeerId
      readonly id: number
      readonly body: MeshRequest
      readonly timeoutMs: number
    }
  | { readonly type: 'answer'; readonly peer: PeerId; readonly id: number; readonly body: MeshAnswer }
  | { readonly type: 'publish'; readonly topic: Topic; readonly signed: SignedRecord }
  /** Compare records with a peer, both ways, own ones included; what is new comes back as `synced`. */
  | { readonly type: 'sync'; readonly peer: PeerId }
  | { readonly type: 'persist'; readonly peers: readonly RememberedPeer[] }
  | { readonly type: 'answers-changed'; readonly difference: AnswerDifference }
  | Extract<WitnessEffect, { type: 'status-changed' | 'sick' | 'well' | 'thawed' }>

/** Who this member is and whom it may believe. */
export interface MemberIdentity {
  readonly membership: Membership
  readonly bootId: number
  /** Names of the cluster's clouds. */
  readonly clouds: readonly string[]
  /** Membership of another, by its valid certificate. */
  readonly membershipOf: (peer: PeerId) => Membership | undefined
}

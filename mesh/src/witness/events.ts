import type { PeerId } from '../admission/membership.ts'
import type { Version } from '../records/order.ts'
import type { MemberStatus } from './state.ts'

/** What the witness is told. Records in it were verified before. */
export type WitnessEvent =
  /** A record of a member arrived, by a topic that reaches this one regularly (`isFollowed`) or once by a connection. */
  | {
      readonly type: 'heard'
      readonly peer: PeerId
      readonly cloud: string
      readonly version: Version
      readonly ttlMs: number
      readonly isFollowed: boolean
    }
  /** A member says that it leaves. */
  | { readonly type: 'departed'; readonly peer: PeerId; readonly version: Version }
  | { readonly type: 'connected'; readonly peer: PeerId }
  /** `isAsked`: one of the two ends meant to close it, so nothing is wrong. */
  | { readonly type: 'disconnected'; readonly peer: PeerId; readonly isAsked: boolean }
  /** Somebody suspects a member, maybe this one; `isLive` when it says so now, not in a record that a sync brought. */
  | {
      readonly type: 'suspected'
      readonly witness: PeerId
      readonly peer: PeerId
      readonly about: Version
      readonly isLive: boolean
    }
  | { readonly type: 'probe-answered'; readonly peer: PeerId; readonly probe: number }
  | { readonly type: 'probe-failed'; readonly peer: PeerId; readonly probe: number }
  /** A relay tells whether it reached the member; undefined when the relay itself did not answer. */
  | {
      readonly type: 'relay-answered'
      readonly peer: PeerId
      readonly probe: number
      readonly isReachable: boolean | undefined
    }
  /** Another member asks to probe a third. */
  | { readonly type: 'asked'; readonly asker: PeerId; readonly token: number; readonly peer: PeerId }
  /** The cloud itself confirms that the machine is deleted. */
  | { readonly type: 'confirmed-gone'; readonly peer: PeerId }
  /** At least once a second, and at `wakeAt`. */
  | { readonly type: 'tick' }

/** What the witness wants done. */
export type WitnessEffect =
  /** Reach the member on its connection or by a fresh one, within `timeoutMs`; `suspected` is told to it. */
  | {
      readonly type: 'probe'
      readonly peer: PeerId
      readonly probe: number
      readonly timeoutMs: number
      readonly suspected: Version | undefined
    }
  | {
      readonly type: 'probe-through'
      readonly relay: PeerId
      readonly peer: PeerId
      readonly probe: number
      readonly timeoutMs: number
    }
  | { readonly type: 'answer-asker'; readonly asker: PeerId; readonly token: number; readonly isReachable: boolean }
  /** The connection to it is dead, though nobody closed it: close it. */
  | { readonly type: 'hang-up'; readonly peer: PeerId }
  /** State a suspicion to the others. */
  | { readonly type: 'suspect'; readonly peer: PeerId; readonly about: Version }
  /** State something newer than `above`: this member lives. */
  | { readonly type: 'refute'; readonly above: Version }
  | {
      readonly type: 'status-changed'
      readonly peer: PeerId
      readonly from: MemberStatus | undefined
      readonly to: MemberStatus | undefined
    }
  /** This observer is probably sick: so many of a cloud look lost at once that nothing is concluded. */
  | { readonly type: 'sick'; readonly cloud: string; readonly lost: number; readonly of: number }
  | { readonly type: 'well'; readonly cloud: string }
  /** This process stood still for so long; what it concluded from it is dropped. */
  | { readonly type: 'thawed'; readonly frozenMs: number }

/** One kind of event. */
export type WitnessEventOf<T extends WitnessEvent['type']> = Extract<WitnessEvent, { type: T }>

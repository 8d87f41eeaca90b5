import type { Random } from '@muster/runtime/random.ts'
import type { PeerId } from '../admission/membership.ts'
import { type DirectoryEvent, nextDirectory } from '../directory/next.ts'
import type { Answer } from '../directory/resolve.ts'
import { type DirectoryState, initialDirectory } from '../directory/state.ts'
import { compareVersions } from '../records/order.ts'
import {
  nextPublication,
  nextRefresh,
  nextStatement,
  nextWithdrawal,
  type OwnRecords,
  startOwnRecords,
} from '../records/own-records.ts'
import { DEFAULT_PACE, DIRECTORY_PACE, type MeshRecord, type SignedRecord } from '../records/record.ts'
import { createRecordStore, type RecordStore, type RecordStoreLimits } from '../records/record-store.ts'
import { subscriptionsOf, type Topic, topicOf } from '../records/topics.ts'
import { nextRedial, type RedialEvent } from '../redial/next.ts'
import { initialRedial, type RedialStart, type RedialState } from '../redial/state.ts'
import type { WitnessEffect, WitnessEvent } from '../witness/events.ts'
import { nextWitness } from '../witness/next.ts'
import { initialWitness, type WitnessOptions, type WitnessState } from '../witness/state.ts'
import { type Comparing, startComparing } from './comparing.ts'
import type { MemberEffect, MemberIdentity, MemberStatement, Times } from './messages.ts'
import { createRequests, type Requests } from './requests.ts'

/** Suspicions of what was said before the last answer are answered at most so often; two witnesses wait 3 s for it. */
const REFUTE_INTERVAL_MS = 2_000

/** What a member stands on. */
export interface MemberParts extends MemberIdentity {
  readonly redial: Omit<RedialStart, 'self'>
  /** Numbers of the store of records. @default `DEFAULT_STORE_LIMITS` */
  readonly limits?: Partial<RecordStoreLimits>
  /** Numbers of the witness. @default `DEFAULT_WITNESS_OPTIONS` */
  readonly witness?: WitnessOptions
  /** Signs with the member's own key. */
  readonly sign: (record: MeshRecord) => SignedRecord
  /** For the jitter of refreshes. */
  readonly random: Pick<Random, 'fraction'>
}

/** Parts of a member and where they stand; only this folder changes it. */
export interface Core {
  readonly parts: MemberParts
  readonly self: PeerId
  readonly topic: Topic
  topics: readonly Topic[]
  readonly store: RecordStore
  readonly requests: Requests
  witness: WitnessState
  redial: RedialState
  directory: DirectoryState
  own: OwnRecords
  answers: ReadonlyMap<string, readonly Answer[]>
  comparing: Comparing
  refutedAt: number
  /** When the witness is due, and of which state that was computed. */
  wake: { readonly of: WitnessState; readonly at: number } | undefined
  /** Monotonic milliseconds of the last tick at rest, of which the witness is told with the next event. */
  awakeAt: number
  /** Until when ticks change nothing in this state of the directory. */
  rest: { readonly of: DirectoryState; readonly until: number } | undefined
  hasLeft: boolean
}

/** Follows what its role follows in these clouds. */
export function follow(core: Core, clouds: readonly string[]): void {
  core.topics = subscriptionsOf(core.parts.membership, clouds)
}

/** Parts of a member that has just started. */
export function createCore(parts: MemberParts, at: Times): Core {
  const { membership, bootId, clouds } = parts
  const self = membership.peer
  return {
    parts,
    self,
    topics: subscriptionsOf(membership, clouds),
    topic: topicOf(membership),
    store: createRecordStore(parts.limits),
    requests: createRequests(),
    witness: initialWitness(self, membership.slot.cloud, at.monotonic, parts.witness),
    redial: initialRedial({ self, ...parts.redial }, at.wall),
    directory: initialDirectory(self, membership.slot.cloud),
    own: startOwnRecords(self, bootId, topicOf(membership).name === 'directory' ? DIRECTORY_PACE : DEFAULT_PACE),
    answers: new Map(),
    comparing: startComparing(self, at.monotonic),
    wake: undefined,
    awakeAt: Number.NEGATIVE_INFINITY,
    rest: undefined,
    refutedAt: Number.NEGATIVE_INFINITY,
    hasLeft: false,
  }
}

/** Passes an event to the directory. */
export function tellDirectory(core: Core, event: DirectoryEvent, at: Times): void {
  core.directory = nextDirectory(core.directory, event, at.monotonic)
}

/** Passes an event to the redial loop. */
export function tellRedial(core: Core, event: RedialEvent, at: Times, effects: MemberEffect[]): void {
  const next = nextRedial(core.redial, event, at.wall)
  core.redial = next.state
  effects.push(...next.effects)
}

/** Passes an event to the witness, and on what follows from it. */
export function tellWitness(core: Core, event: WitnessEvent, at: Times, effects: MemberEffect[]): void {
  const { witness, awakeAt } = core
  const next = nextWitness(witness.seenAt < awakeAt ? { ...witness, seenAt: awakeAt } : witness, event, at.monotonic)
  core.witness = next.state
  for (const effect of next.effects) obey(core, effect, at, effects)
}

/** Turns what the witness wants into requests, records and notices. */
function obey(core: Core, effect: WitnessEffect, at: Times, effects: MemberEffect[]): void {
  switch (effect.type) {
    case 'probe': {
      const { peer, probe, timeoutMs, suspected } = effect
      const id = core.requests.open({ type: 'probe', peer, probe })
      effects.push({ type: 'request', peer, id, body: { type: 'probe', suspected }, timeoutMs })
      return
    }
    case 'probe-through': {
      const { relay, peer, probe, timeoutMs } = effect
      const id = core.requests.open({ type: 'probe-through', peer, probe })
      effects.push({ type: 'request', peer: relay, id, body: { type: 'probe-through', peer }, timeoutMs })
      return
    }
    case 'answer-asker': {
      const { asker: peer, token: id, isReachable } = effect
      effects.push({ type: 'answer', peer, id, body: { type: 'reach', isReachable } })
      return
    }
    case 'suspect': {
      const payload = { reason: 'closed', ...effect.about } as const
      state(core, { kind: 'suspicion', subject: effect.peer, payload }, at)
      publish(core, at, effects)
      return
    }
    case 'refute': {
      const last = { bootId: core.own.bootId, sequence: core.own.sequence - 1 }
      const isNew = compareVersions(effect.above, last) >= 0
      if (!isNew && at.monotonic - core.refutedAt < REFUTE_INTERVAL_MS) return
      core.refutedAt = at.monotonic
      core.own = nextRefresh(core.own, at.wall)
      publish(core, at, effects)
      return
    }
    case 'thawed':
      core.own = nextRefresh(core.own, at.wall)
      effects.push(effect)
      publish(core, at, effects)
      return
    case 'status-changed':
      onStatus(core, effect, at, effects)
      return
    case 'hang-up':
    case 'sick':
    case 'well':
      effects.push(effect)
  }
}

function onStatus(
  core: Core,
  effect: Extract<WitnessEffect, { type: 'status-changed' }>,
  at: Times,
  effects: MemberEffect[],
): void {
  effects.push(effect)
  tellDirectory(core, { type: 'status', peer: effect.peer, status: effect.to }, at)
  if (effect.to === 'left') tellRedial(core, { type: 'forgotten', peer: effect.peer }, at, effects)
  // What is no longer suspected, or is settled, is not stated any more.
  if (effect.to !== 'suspect') core.own = nextWithdrawal(core.own, 'suspicion', effect.peer)
}

/** States something about this member from now on. */
export function state(core: Core, statement: MemberStatement, at: Times): void {
  core.own = nextStatement(core.own, statement, at.wall)
  // Its own services are in its own directory too.
  if (statement.kind !== 'service') return
  const version = { bootId: core.own.bootId, sequence: core.own.sequence }
  const { subject: service, payload } = statement
  const place = core.parts.membership.slot
  tellDirectory(core, { type: 'stated', owner: core.self, service, version, payload, place }, at)
}

/** Signs and publishes what is due. */
export function publish(core: Core, at: Times, effects: MemberEffect[]): void {
  const { own, publish: records } = nextPublication(core.own, at.wall, () => core.parts.random.fraction())
  core.own = own
  for (const record of records) {
    const signed = core.parts.sign(record)
    core.store.offer(signed, core.topic, at.wall)
    effects.push({ type: 'publish', topic: core.topic, signed })
  }
}

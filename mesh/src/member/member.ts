import type { PeerId } from '../admission/membership.ts'
import { type Answer, resolve, serviceNames } from '../directory/resolve.ts'
import { diffAnswers } from '../directory/watch.ts'
import { nextWithdrawal, publicationDueAt } from '../records/own-records.ts'
import type { SignedRecord } from '../records/record.ts'
import type { Offered, RecordStore } from '../records/record-store.ts'
import type { Topic } from '../records/topics.ts'
import { spread } from '../spread.ts'
import { calmUntil } from '../witness/calm.ts'
import { type MemberStatus, statusOf } from '../witness/state.ts'
import { wakeAt } from '../witness/verdict.ts'
import { afterComparing } from './comparing.ts'
import {
  type Core,
  createCore,
  follow,
  type MemberParts,
  publish,
  state,
  tellDirectory,
  tellRedial,
  tellWitness,
} from './core.ts'
import { takeRecord, takeTransport } from './inbound.ts'
import type { MemberEffect, MemberEvent, Times } from './messages.ts'
import { isAtRest, restsUntil } from './rest.ts'

/**
 * One member of the mesh: records, witness, redial and directory put together, without any I/O. Events go in one after
 * the other, effects come out; the same events at the same times give the same effects, except for the jitter.
 */
export interface Member {
  readonly self: PeerId
  readonly store: RecordStore
  readonly topics: readonly Topic[]
  handle(event: MemberEvent, at: Times): readonly MemberEffect[]
  /**
   * Takes one verified record and says what became of it: for who must know before it passes the record on. Such a
   * record must not come in by an event again.
   *
   * @param isLive - whether it came by its topic, just published
   */
  take(signed: SignedRecord, topic: Topic, isLive: boolean, at: Times): Taken
  /** Monotonic milliseconds at which a tick is due. */
  wakeAt(at: Times): number
  /** @see restsUntil of rest.ts */
  restsUntil(at: Times): number
  /** Stands for ticks at rest that were left out, the last of them at that time in monotonic milliseconds. */
  rested(lastAt: number): void
  resolve(service: string, at: Times): readonly Answer[]
  services(): readonly string[]
  statusOf(peer: PeerId): MemberStatus | undefined
  /** Monotonic milliseconds at which it was last heard of. */
  heardAt(peer: PeerId): number | undefined
  /** Of each that it has heard of. */
  statuses(): ReadonlyMap<PeerId, MemberStatus>
}

/** What became of a record. */
export interface Taken {
  readonly offered: Offered
  readonly effects: readonly MemberEffect[]
}

/** Ticks come at least so often; the witness takes five missing ones for a standstill. */
export const TICK_MS = 1_000

const NOTHING: readonly MemberEffect[] = []

/** A member that knows nobody but whom it remembers. */
export function createMember(parts: MemberParts, at: Times): Member {
  const core = createCore(parts, at)
  const during = (now: Times, run: (effects: MemberEffect[]) => void) => {
    const before = core.directory
    const effects: MemberEffect[] = []
    if (!core.hasLeft) run(effects)
    if (core.directory !== before) effects.push(...compareAnswers(core, now))
    return effects
  }
  return {
    self: core.self,
    store: core.store,
    get topics() {
      return core.topics
    },
    handle(event, now) {
      if (event.type !== 'tick' || core.hasLeft || !isAtRest(core, now)) {
        return during(now, (effects) => take(core, event, now, effects))
      }
      core.awakeAt = now.monotonic
      return NOTHING
    },
    take(signed, topic, isLive, now) {
      let offered: Offered = { outcome: 'duplicate' }
      const effects = during(now, (into) => {
        offered = takeRecord(core, signed, topic, isLive, now, into)
      })
      return { offered, effects }
    },
    wakeAt: (now) => {
      const publishAt = now.monotonic + Math.max(0, publicationDueAt(core.own) - now.wall)
      const tickAt = now.monotonic + TICK_MS
      return Math.max(now.monotonic + 1, Math.min(tickAt, witnessWakeAt(core, tickAt), publishAt))
    },
    restsUntil: (now) => restsUntil(core, now),
    rested(lastAt) {
      core.awakeAt = lastAt
    },
    resolve: (service, now) => resolve(core.directory, service, now.monotonic),
    services: () => serviceNames(core.directory),
    statusOf: (peer) => statusOf(core.witness, peer),
    heardAt: (peer) => core.witness.peers.get(peer)?.heardAt,
    statuses: () => new Map([...core.witness.peers].map(([peer, { status }]) => [peer, status])),
  }
}

/** Asked after every event, while what it depends on seldom changes. @returns anything after `limit` when it is later */
function witnessWakeAt(core: Core, limit: number): number {
  const { witness, wake } = core
  const calmTill = calmUntil(witness) ?? Number.NEGATIVE_INFINITY
  if (calmTill > limit) return calmTill
  const isKnown = wake?.of.peers === witness.peers && wake.of.connected === witness.connected
  if (wake !== undefined && isKnown && wake.of.sickAbout === witness.sickAbout) return wake.at
  const at = wakeAt(witness)
  core.wake = { of: witness, at }
  return at
}

function take(core: Core, event: MemberEvent, at: Times, effects: MemberEffect[]): void {
  switch (event.type) {
    case 'connected':
    case 'disconnected':
    case 'routed':
    case 'dial-failed':
    case 'discovered':
    case 'requested':
    case 'answered':
    case 'request-failed':
    case 'message':
      takeTransport(core, event, at, effects)
      return
    case 'synced':
      for (const { signed, topic } of event.records) takeRecord(core, signed, topic, false, at, effects)
      return
    case 'state':
      state(core, event.statement, at)
      publish(core, at, effects)
      return
    case 'withdraw':
      core.own = nextWithdrawal(core.own, event.kind, event.subject)
      return
    case 'used':
      tellDirectory(core, event, at)
      return
    case 'measured':
      tellDirectory(core, event, at)
      return
    case 'confirmed-gone':
      tellRedial(core, { type: 'forgotten', peer: event.peer }, at, effects)
      tellWitness(core, event, at, effects)
      return
    case 'redefined':
      follow(core, event.clouds)
      tellRedial(core, event, at, effects)
      return
    case 'leave':
      leave(core, event.reason, at, effects)
      return
    case 'tick':
      tick(core, at, effects)
      return
  }
}

function leave(
  core: Core,
  reason: Extract<MemberEvent, { type: 'leave' }>['reason'],
  at: Times,
  effects: MemberEffect[],
): void {
  state(core, { kind: 'departure', subject: '', payload: { reason } }, at)
  publish(core, at, effects)
  core.hasLeft = true
  for (const peer of core.redial.connected) effects.push({ type: 'hang-up', peer })
}

function tick(core: Core, at: Times, effects: MemberEffect[]): void {
  core.store.expire(at.wall)
  tellWitness(core, { type: 'tick' }, at, effects)
  tellRedial(core, { type: 'tick' }, at, effects)
  tellDirectory(core, { type: 'tick' }, at)
  publish(core, at, effects)
  if (at.monotonic < core.comparing.dueAt) return
  core.comparing = afterComparing(core.comparing, core.self, at.monotonic)
  const rank = (peer: PeerId) => spread(core.self, peer, at.monotonic)
  const [peer] = [...core.redial.connected].sort((left, right) => rank(left) - rank(right))
  if (peer !== undefined) effects.push({ type: 'sync', peer })
}

function compareAnswers(core: Core, at: Times): readonly MemberEffect[] {
  const before = core.answers
  const services = serviceNames(core.directory)
  core.answers = new Map(services.map((service) => [service, resolve(core.directory, service, at.monotonic)]))
  const effects: MemberEffect[] = []
  for (const service of new Set([...before.keys(), ...services])) {
    const difference = diffAnswers(service, before.get(service) ?? [], core.answers.get(service) ?? [])
    if (difference !== undefined) effects.push({ type: 'answers-changed', difference })
  }
  return effects
}

import type { PeerId } from '../admission/membership.ts'
import { compareVersions, type Version } from '../records/order.ts'
import type { ServicePayload } from '../records/payloads.ts'
import { withEntry, withoutEntry } from '../step.ts'
import type { MemberStatus } from '../witness/state.ts'
import { type DirectoryState, type Experience, type Instance, instanceKey, type Place } from './state.ts'

/** What the directory is told. */
export type DirectoryEvent =
  /** A verified service record arrived, of another member or of this one. */
  | {
      readonly type: 'stated'
      readonly owner: PeerId
      readonly service: string
      readonly version: Version
      readonly payload: ServicePayload
      readonly place?: Place | undefined
    }
  /** The witness sees a member differently now; undefined: forgotten. */
  | { readonly type: 'status'; readonly peer: PeerId; readonly status: MemberStatus | undefined }
  /** A use of the service from here, or a probe, worked or failed. */
  | { readonly type: 'used'; readonly owner: PeerId; readonly service: string; readonly isOk: boolean }
  | { readonly type: 'measured'; readonly peer: PeerId; readonly rttMs: number }
  /** About once a second. */
  | { readonly type: 'tick' }

/**
 * What is known of services, as a pure function of events; `resolve` reads it. There is nothing to be done about a
 * directory, so it has no effects. Old answers are kept while there is nothing newer: an address that may be wrong is
 * worth more to a program than none.
 *
 * @param now - monotonic milliseconds
 */
export function nextDirectory(state: DirectoryState, event: DirectoryEvent, now: number): DirectoryState {
  switch (event.type) {
    case 'stated':
      return onStated(state, event, now)
    case 'status':
      return onStatus(state, event.peer, event.status)
    case 'used':
      return onUsed(state, instanceKey(event.service, event.owner), event.isOk, now)
    case 'measured':
      return onMeasured(state, event.peer, event.rttMs)
    case 'tick':
      return onTick(state, now)
  }
}

function onStated(
  state: DirectoryState,
  event: Extract<DirectoryEvent, { type: 'stated' }>,
  now: number,
): DirectoryState {
  const { owner, service, version, payload, place } = event
  const key = instanceKey(service, owner)
  const known = state.instances.get(key)
  if (known !== undefined && compareVersions(version, known.version) <= 0) return state
  if (known === undefined && !hasRoom(state, service)) return state
  const instance: Instance = { owner, service, version, payload, place: place ?? known?.place, heardAt: now }
  return { ...state, instances: withEntry(state.instances, key, instance) }
}

function hasRoom(state: DirectoryState, service: string): boolean {
  const { maxInstances, maxPerService } = state.options
  if (state.instances.size >= maxInstances) return false
  let count = 0
  for (const one of state.instances.values()) if (one.service === service) count += 1
  return count < maxPerService
}

function onStatus(state: DirectoryState, peer: PeerId, status: MemberStatus | undefined): DirectoryState {
  const statuses = status === undefined ? withoutEntry(state.statuses, peer) : withEntry(state.statuses, peer, status)
  if (status !== undefined) return { ...state, statuses }
  const instances = new Map([...state.instances].filter(([, one]) => one.owner !== peer))
  const experiences = new Map([...state.experiences].filter(([key]) => instances.has(key)))
  return { ...state, statuses, instances, experiences, rtts: withoutEntry(state.rtts, peer) }
}

function onUsed(state: DirectoryState, key: string, isOk: boolean, now: number): DirectoryState {
  if (!state.instances.has(key)) return state
  const known: Experience = state.experiences.get(key) ?? { failedAt: [], demotedAt: undefined }
  const next = isOk ? afterSuccess(known, state, now) : afterFailure(known, state, now)
  if (next === known) return state
  return { ...state, experiences: withEntry(state.experiences, key, next) }
}

function afterFailure(known: Experience, { options }: DirectoryState, now: number): Experience {
  const failedAt = [...known.failedAt, now].slice(-options.failures)
  const first = failedAt[0] ?? now
  const isDemoted = failedAt.length >= options.failures && now - first <= options.failureWindowMs
  return { failedAt, demotedAt: known.demotedAt ?? (isDemoted ? now : undefined) }
}

/** One success does not make up for failures; a good while does. */
function afterSuccess(known: Experience, { options }: DirectoryState, now: number): Experience {
  const last = known.failedAt.at(-1)
  return last !== undefined && now - last >= options.goodMs ? { failedAt: [], demotedAt: undefined } : known
}

function onMeasured(state: DirectoryState, peer: PeerId, rttMs: number): DirectoryState {
  if (!Number.isFinite(rttMs) || rttMs < 0) return state
  const known = state.rtts.get(peer)
  const smooth = known === undefined ? rttMs : known + (rttMs - known) / 8
  return { ...state, rtts: withEntry(state.rtts, peer, smooth) }
}

/** Before then no tick changes anything, if nothing else happens. */
export function directoryDueAt({ experiences, instances, options }: DirectoryState): number {
  let at = Number.POSITIVE_INFINITY
  for (const [, { failedAt }] of experiences) at = Math.min(at, (failedAt.at(-1) ?? at) + options.goodMs)
  for (const [, { heardAt }] of instances) at = Math.min(at, heardAt + options.keepMs)
  return at
}

function onTick(state: DirectoryState, now: number): DirectoryState {
  if (now < directoryDueAt(state)) return state
  const { goodMs, keepMs } = state.options
  const isOver = (one: Experience) => now >= (one.failedAt.at(-1) ?? now) + goodMs
  const isOld = (one: Instance) => now >= one.heardAt + keepMs
  const instances = new Map([...state.instances].filter(([, one]) => !isOld(one)))
  const experiences = new Map([...state.experiences].filter(([key, one]) => instances.has(key) && !isOver(one)))
  return { ...state, instances, experiences }
}

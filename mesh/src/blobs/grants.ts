import type { PeerId } from '../admission/membership.ts'
import { type Step, withEntry, withoutEntry } from '../step.ts'
import type { BlobId } from './blob-id.ts'
import { MAX_HINTS } from './messages.ts'

/** Numbers of the guard. */
export interface GrantOptions {
  /** Time to receive a blob before another of the cloud may begin, plus a share for its size. */
  readonly leaseMs: number
  readonly leaseBytesPerMs: number
  /** How long a cloud that was served is sent to its own members. */
  readonly keepMs: number
  /**
   * Before a cloud is served once more because its holders were tried in vain; doubles with each time, so that a
   * member that lies about the others cannot have a blob sent again and again.
   */
  readonly againMs: number
  readonly retryAfterMs: number
  readonly maxEntries: number
}

export const DEFAULT_GRANT_OPTIONS: GrantOptions = {
  leaseMs: 30_000,
  leaseBytesPerMs: 256,
  keepMs: 10 * 60_000,
  againMs: 2_000,
  retryAfterMs: 500,
  maxEntries: 1024,
}

/** One blob at one cloud. */
interface Grant {
  /** Who receives it now, until when. */
  readonly serving: { readonly peer: PeerId; readonly until: number } | undefined
  /** Who has confirmed that it has the whole, newest last. */
  readonly holders: readonly PeerId[]
  /** Whole transfers so far. */
  readonly times: number
  /** Of the newest grant or confirmation. */
  readonly at: number
}

/** What was sent to which cloud. Times are milliseconds of one clock that does not jump. */
export interface GrantsState {
  readonly options: GrantOptions
  readonly grants: ReadonlyMap<string, Grant>
}

/** What the guard is told. */
export type GrantEvent =
  | {
      readonly type: 'asked'
      readonly cloud: string
      readonly id: BlobId
      readonly size: number
      readonly peer: PeerId
      /** Peers of its cloud where it did not get it. */
      readonly tried: readonly PeerId[]
    }
  /** The transfer to this peer is over; `isKept` when it has confirmed the whole. */
  | {
      readonly type: 'ended'
      readonly cloud: string
      readonly id: BlobId
      readonly peer: PeerId
      readonly isKept: boolean
    }

/** The answer to `asked`; there is none to `ended`. */
export type GrantEffect =
  | { readonly type: 'serve' }
  | { readonly type: 'send-away'; readonly peers: readonly PeerId[]; readonly retryAfterMs: number }

/** Nothing was sent to anybody. */
export function initialGrants(options: GrantOptions = DEFAULT_GRANT_OPTIONS): GrantsState {
  return { options, grants: new Map() }
}

/**
 * Sees to it that a blob goes to a cloud once, however its members see each other: the first who asks gets it, the
 * others are sent to whoever has it or receives it. When that one breaks off, the next who asks is served at once; when
 * all who have it were tried in vain, it is sent again, each time after a longer wait.
 */
export function nextGrants(state: GrantsState, event: GrantEvent, now: number): Step<GrantsState, GrantEffect> {
  const key = `${event.id} ${event.cloud}`
  const found = state.grants.get(key)
  const grant = found === undefined || isForgotten(found, state.options, now) ? undefined : found
  return event.type === 'asked' ? onAsked(state, event, key, grant, now) : onEnded(state, event, key, grant, now)
}

function onAsked(
  state: GrantsState,
  event: GrantEvent & { readonly type: 'asked' },
  key: string,
  grant: Grant | undefined,
  now: number,
): Step<GrantsState, GrantEffect> {
  const { options } = state
  const base = grant ?? { serving: undefined, holders: [], times: 0, at: now }
  const { serving } = base
  if (serving !== undefined && serving.peer !== event.peer && now < serving.until) {
    return { state, effects: [sendAway([...base.holders, serving.peer], event, options.retryAfterMs)] }
  }
  const others = base.holders.filter((peer) => peer !== event.peer && !event.tried.includes(peer))
  if (others.length > 0) return { state, effects: [sendAway(others, event, options.retryAfterMs)] }
  const waitMs = base.times === 0 ? 0 : base.at + options.againMs * 2 ** Math.min(base.times - 1, 16) - now
  if (waitMs > 0) return { state, effects: [sendAway([], event, waitMs)] }
  const until = now + options.leaseMs + event.size / options.leaseBytesPerMs
  const next: Grant = { ...base, serving: { peer: event.peer, until }, at: now }
  return { state: bounded(state, key, next), effects: [{ type: 'serve' }] }
}

function onEnded(
  state: GrantsState,
  event: GrantEvent & { readonly type: 'ended' },
  key: string,
  grant: Grant | undefined,
  now: number,
): Step<GrantsState, GrantEffect> {
  if (grant === undefined) return { state, effects: [] }
  const serving = grant.serving?.peer === event.peer ? undefined : grant.serving
  const holders = event.isKept
    ? [...grant.holders.filter((peer) => peer !== event.peer), event.peer].slice(-MAX_HINTS)
    : grant.holders
  const next: Grant = event.isKept ? { serving, holders, times: grant.times + 1, at: now } : { ...grant, serving }
  return { state: bounded(state, key, next), effects: [] }
}

function sendAway(peers: readonly PeerId[], event: { readonly peer: PeerId }, retryAfterMs: number): GrantEffect {
  const others = [...new Set(peers)].filter((peer) => peer !== event.peer).slice(-MAX_HINTS)
  return { type: 'send-away', peers: others, retryAfterMs }
}

function isForgotten(grant: Grant, options: GrantOptions, now: number): boolean {
  return now - grant.at > options.keepMs && (grant.serving === undefined || now > grant.serving.until)
}

/** Above the limit the grant of longest ago goes. */
function bounded(state: GrantsState, key: string, grant: Grant): GrantsState {
  // Taken out first, so that the map is in the order of the last change.
  const grants = withEntry(withoutEntry(state.grants, key), key, grant)
  const oldest = grants.size > state.options.maxEntries ? grants.keys().next().value : undefined
  return { ...state, grants: oldest === undefined ? grants : withoutEntry(grants, oldest) }
}

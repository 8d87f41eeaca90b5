import type { Membership } from '../admission/membership.ts'
import type { RefusalCause } from '../admission/refusals.ts'
import { nextRenewal, type RenewalState, renewalDueAt, startRenewal } from '../admission/renewal.ts'
import type { Step } from '../step.ts'
import { troubleOf } from './trouble.ts'

const FIRST_RETRY_MS = 2000
/** A machine that boots should not wait long for an agent that restarts. */
const MAX_RETRY_MS = 60_000
const MAX_DOUBLINGS = 10
/** No wait is longer, whatever an issuer says or the clock does. */
export const MAX_WAIT_MS = 60 * 60_000

/** Causes for which the same token will be refused for ever. */
const FINAL: ReadonlySet<RefusalCause> = new Set<RefusalCause>([
  'certificate-revoked',
  'duplicate-slot',
  'slot-superseded',
  'token-expired',
  'token-other-cluster',
  'token-unknown',
  'token-used',
])

/** The life of a certificate. */
export type Term = Pick<Membership, 'issuedAt' | 'expiresAt'>

/**
 * Where a node stands on its way into the cluster.
 *
 * ```
 *            ┌─────later─────┐
 *            ▼               │
 * start ► waiting ──time──► asking ──admitted──► holding ──► (renewal, see admission/renewal.ts)
 *   │        ▲               │  ▲                 │  │
 *   │        │ refused for good │ token left      │  │ refused for good
 *   │        │               ▼  └─────────────────┘  ▼
 *   └─certificate kept──► holding (expired one)    ended
 * ```
 * `trouble`: what is in the way, for people.
 */
export type JoiningState =
  | {
      readonly phase: 'asking'
      readonly failures: number
      /** Of a certificate that has expired; it is renewed if the token does not hold. */
      readonly expired: Term | undefined
      readonly trouble: string | undefined
    }
  | {
      readonly phase: 'waiting'
      readonly failures: number
      readonly retryAt: number
      readonly expired: Term | undefined
      readonly trouble: string | undefined
    }
  | {
      readonly phase: 'holding'
      readonly renewal: RenewalState
      /** A token is there in case the renewal is refused for good. */
      readonly hasToken: boolean
      readonly trouble: string | undefined
    }
  | { readonly phase: 'ended'; readonly cause: RefusalCause }

/** What happened; `time` is due at `joiningDueAt`. */
export type JoiningEvent =
  | { readonly type: 'time' }
  | { readonly type: 'admitted'; readonly term: Term }
  | { readonly type: 'failed'; readonly trouble: string }
  | { readonly type: 'refused'; readonly cause: RefusalCause; readonly retryAfterMs?: number }

/** What is to be done: ask with the token, or ask for a renewal. The answer to it is the next event but `time`. */
export type JoiningEffect = 'join' | 'renew'

export type JoiningStep = Step<JoiningState, JoiningEffect>

/** What a node starts with. */
export interface JoiningStart {
  /** Of the certificate that was kept. */
  readonly term: Term | undefined
  readonly hasToken: boolean
  /** Why there is no certificate, if there was one. @default no-certificate */
  readonly cause?: RefusalCause
}

/**
 * The first step. A certificate that is valid makes a member without asking anybody; one that has expired comes after
 * the token.
 *
 * @param fraction - a draw from 0 up to 1, for the spread of renewals
 */
export function startJoining(start: JoiningStart, now: number, fraction: number): JoiningStep {
  const { term, hasToken, cause = 'no-certificate' } = start
  if (hasToken && (term === undefined || term.expiresAt <= now)) return askWithToken(term)
  if (term === undefined) return { state: { phase: 'ended', cause }, effects: [] }
  return afterRenewal(holding(term, hasToken, fraction), { type: 'time' }, now, fraction)
}

/** The next step. @param fraction - a draw from 0 up to 1, for spread and backoff */
export function nextJoining(state: JoiningState, event: JoiningEvent, now: number, fraction: number): JoiningStep {
  switch (state.phase) {
    case 'ended':
      return { state, effects: [] }
    case 'holding':
      return afterRenewal(state, event, now, fraction)
    case 'waiting':
      if (event.type !== 'time' || !isDue(state.retryAt, now)) return { state, effects: [] }
      return { state: { ...state, phase: 'asking' }, effects: ['join'] }
    case 'asking':
      return afterAsking(state, event, now, fraction)
  }
}

/** When a `time` event is due; infinite when nothing is. */
export function joiningDueAt(state: JoiningState): number {
  switch (state.phase) {
    case 'waiting':
      return state.retryAt
    case 'holding':
      return renewalDueAt(state.renewal)
    default:
      return Number.POSITIVE_INFINITY
  }
}

type Asking = Extract<JoiningState, { readonly phase: 'asking' }>
type Holding = Extract<JoiningState, { readonly phase: 'holding' }>

function askWithToken(expired: Term | undefined): JoiningStep {
  return { state: { phase: 'asking', failures: 0, expired, trouble: undefined }, effects: ['join'] }
}

function holding(term: Term, hasToken: boolean, fraction: number): Holding {
  return { phase: 'holding', renewal: startRenewal(term, fraction), hasToken, trouble: undefined }
}

function afterAsking(state: Asking, event: JoiningEvent, now: number, fraction: number): JoiningStep {
  const { failures, expired } = state
  const wait = (trouble: string, leastMs: number): JoiningStep => {
    const backoffMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(MAX_DOUBLINGS, failures))
    const waitMs = Math.max(Math.round(backoffMs * (0.8 + 0.4 * fraction)), Math.min(leastMs, MAX_WAIT_MS))
    return {
      state: { phase: 'waiting', failures: failures + 1, retryAt: now + waitMs, expired, trouble },
      effects: [],
    }
  }
  switch (event.type) {
    case 'time':
      return { state, effects: [] }
    case 'admitted':
      return { state: holding(event.term, false, fraction), effects: [] }
    case 'failed':
      return wait(event.trouble, 0)
    case 'refused':
      if (!FINAL.has(event.cause)) return wait(troubleOf(event.cause), event.retryAfterMs ?? 0)
      if (expired === undefined) return { state: { phase: 'ended', cause: event.cause }, effects: [] }
      return afterRenewal(holding(expired, false, fraction), { type: 'time' }, now, fraction)
  }
}

function afterRenewal(before: Holding, event: JoiningEvent, now: number, fraction: number): JoiningStep {
  if (event.type === 'admitted') return { state: holding(event.term, false, fraction), effects: [] }
  const { state: renewal, effects } = nextRenewal(woken(before.renewal, now), event, now, fraction)
  const isTokenWanted = renewal.phase === 'ended' || (event.type === 'refused' && event.cause === 'certificate-expired')
  if (before.hasToken && isTokenWanted) return askWithToken(undefined)
  if (renewal.phase === 'ended') return { state: { phase: 'ended', cause: renewal.cause }, effects: [] }
  const state = { ...before, renewal: postponed(renewal, event, now), trouble: troubleAfter(before, event) }
  return { state, effects: effects.includes('ask') ? ['renew'] : [] }
}

function troubleAfter(before: Holding, event: JoiningEvent): string | undefined {
  if (event.type === 'failed') return event.trouble
  return event.type === 'refused' ? troubleOf(event.cause) : before.trouble
}

/** The issuer may ask for a longer wait than the backoff. */
function postponed(renewal: RenewalState, event: JoiningEvent, now: number): RenewalState {
  if (renewal.phase !== 'waiting' || event.type !== 'refused' || event.retryAfterMs === undefined) return renewal
  return { ...renewal, retryAt: Math.max(renewal.retryAt, now + Math.min(event.retryAfterMs, MAX_WAIT_MS)) }
}

/** A wait that is too long to be meant: the clock was set back meanwhile. */
function woken(renewal: RenewalState, now: number): RenewalState {
  return renewal.phase === 'waiting' && isDue(renewal.retryAt, now) ? { ...renewal, retryAt: now } : renewal
}

function isDue(at: number, now: number): boolean {
  return now >= at || at - now > 2 * MAX_WAIT_MS
}

import type { Membership } from './membership.ts'
import type { RefusalCause } from './refusals.ts'

/** Part of a certificate's life after which it is renewed. */
const RENEW_AFTER = 2 / 3
/** Part of the life by which renewals are spread, so that machines that booted together do not renew together. */
const SPREAD = 0.1
const FIRST_RETRY_MS = 5000
const MAX_RETRY_MS = 10 * 60_000
/** Doubling further would change nothing. */
const MAX_DOUBLINGS = 10

/** Causes that asking again will not change. */
const FINAL: ReadonlySet<RefusalCause> = new Set<RefusalCause>([
  'certificate-forged',
  'certificate-revoked',
  'slot-superseded',
  'duplicate-slot',
])

type Term = Pick<Membership, 'issuedAt' | 'expiresAt'>

/**
 * Where the renewal of the own certificate stands.
 *
 * ```
 * resting ──2/3 of the life──► asking ──renewed──► resting
 *                              │  ▲ └──refused for good──► ended
 *                       failed ▼  │ later
 *                              waiting
 * ```
 * `hasLapsed`: the certificate has expired meanwhile (others accept it for the allowed skew longer); asking goes on, as the issuer grants some grace.
 */
export type RenewalState =
  | { readonly phase: 'resting'; readonly expiresAt: number; readonly renewAt: number }
  | { readonly phase: 'asking'; readonly expiresAt: number; readonly failures: number; readonly hasLapsed: boolean }
  | {
      readonly phase: 'waiting'
      readonly expiresAt: number
      readonly failures: number
      readonly retryAt: number
      readonly hasLapsed: boolean
    }
  | { readonly phase: 'ended'; readonly cause: RefusalCause }

/** What happened; `time` is due at `renewalDueAt`. */
export type RenewalEvent =
  | { readonly type: 'time' }
  | { readonly type: 'renewed'; readonly term: Term }
  | { readonly type: 'failed' }
  | { readonly type: 'refused'; readonly cause: RefusalCause }

/** What is to be done: `ask` the issuer · `lapsed` this is no member any more · `restored` it is one again · `ended` for good */
export type RenewalEffect = 'ask' | 'lapsed' | 'restored' | 'ended'

/** A state with what is to be done on reaching it. */
export interface RenewalStep {
  readonly state: RenewalState
  readonly effects: readonly RenewalEffect[]
}

/** The state of a certificate that was just received. @param fraction - a draw from 0 up to 1, for the spread */
export function startRenewal(term: Term, fraction: number): RenewalState {
  const lifeMs = term.expiresAt - term.issuedAt
  const renewAt = term.issuedAt + Math.round(lifeMs * (RENEW_AFTER + SPREAD * (fraction - 0.5)))
  return { phase: 'resting', expiresAt: term.expiresAt, renewAt }
}

/** The next state. @param fraction - a draw from 0 up to 1, for spread and backoff */
export function nextRenewal(state: RenewalState, event: RenewalEvent, now: number, fraction: number): RenewalStep {
  if (state.phase === 'ended') return { state, effects: [] }
  switch (event.type) {
    case 'time':
      return afterTime(state, now)
    case 'renewed':
      return {
        state: startRenewal(event.term, fraction),
        effects: state.phase !== 'resting' && state.hasLapsed ? ['restored'] : [],
      }
    case 'refused':
      if (FINAL.has(event.cause)) return { state: { phase: 'ended', cause: event.cause }, effects: ['ended'] }
      return afterFailure(state, now, fraction)
    case 'failed':
      return afterFailure(state, now, fraction)
  }
}

/** When a `time` event is due; infinite when nothing is. */
export function renewalDueAt(state: RenewalState): number {
  switch (state.phase) {
    case 'resting':
      return state.renewAt
    case 'asking':
      return state.hasLapsed ? Number.POSITIVE_INFINITY : state.expiresAt
    case 'waiting':
      return state.hasLapsed ? state.retryAt : Math.min(state.retryAt, state.expiresAt)
    case 'ended':
      return Number.POSITIVE_INFINITY
  }
}

type Living = Exclude<RenewalState, { readonly phase: 'ended' }>

function afterTime(state: Living, now: number): RenewalStep {
  const wasLapsed = state.phase !== 'resting' && state.hasLapsed
  const hasLapsed = wasLapsed || now >= state.expiresAt
  const lapsed: readonly RenewalEffect[] = hasLapsed && !wasLapsed ? ['lapsed'] : []
  switch (state.phase) {
    case 'resting':
      if (now < state.renewAt) return { state, effects: [] }
      return { state: asking(state.expiresAt, 0, hasLapsed), effects: [...lapsed, 'ask'] }
    case 'waiting':
      if (now < state.retryAt) return { state: { ...state, hasLapsed }, effects: lapsed }
      return { state: asking(state.expiresAt, state.failures, hasLapsed), effects: [...lapsed, 'ask'] }
    case 'asking':
      return { state: { ...state, hasLapsed }, effects: lapsed }
  }
}

function afterFailure(state: Living, now: number, fraction: number): RenewalStep {
  if (state.phase !== 'asking') return { state, effects: [] }
  const fullMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(MAX_DOUBLINGS, state.failures))
  const retryAt = now + Math.round(fullMs * (0.8 + 0.4 * fraction))
  const { expiresAt, hasLapsed } = state
  return { state: { phase: 'waiting', expiresAt, hasLapsed, failures: state.failures + 1, retryAt }, effects: [] }
}

function asking(expiresAt: number, failures: number, hasLapsed: boolean): RenewalState {
  return { phase: 'asking', expiresAt, failures, hasLapsed }
}

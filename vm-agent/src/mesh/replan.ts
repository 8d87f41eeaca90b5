import { type Bucket, fullBucket, takeOne } from '@muster/mesh/records/token-bucket.ts'

/** Numbers of planning again. */
export interface ReplanOptions {
  /** A change settles for so long before it is applied: a service that moves changes several answers at once. */
  readonly settleMs: number
  /** No change waits longer to settle, however many follow it. */
  readonly maxSettleMs: number
  /** So many applies at once; then one each `everyMs`. */
  readonly burst: number
  readonly everyMs: number
  /** After a failed apply, doubling. */
  readonly retryMs: number
  readonly maxRetryMs: number
}

export const DEFAULT_REPLAN: ReplanOptions = {
  settleMs: 300,
  maxSettleMs: 2_000,
  burst: 3,
  everyMs: 30_000,
  retryMs: 5_000,
  maxRetryMs: 10 * 60_000,
}

/**
 * Whether the machine is as its context and its cluster say. A look gives two marks of context and values: `wanted` that
 * of now (undefined: there is nothing to plan, or a value is missing), `applied` that of the last apply. All times are
 * monotonic milliseconds.
 */
export interface ReplanState {
  readonly options: ReplanOptions
  readonly wanted: string | undefined
  readonly applied: string | undefined
  /** Of the change that is to be applied: its latest and its first moment. */
  readonly changedAt: number
  readonly firstChangedAt: number
  /** Somebody else applies a context. */
  readonly isBusy: boolean
  /** What is being applied here. */
  readonly running: string | undefined
  readonly bucket: Bucket
  /** In a row, of what is wanted now. */
  readonly failures: number
  readonly retryAt: number
}

/** What happened. */
export type ReplanEvent =
  | { readonly type: 'looked'; readonly wanted: string | undefined; readonly applied: string | undefined }
  | { readonly type: 'busy'; readonly isBusy: boolean }
  | { readonly type: 'ended'; readonly isApplied: boolean }
  | { readonly type: 'tick' }

/** What to do: apply the context with the values of now. Until `ended` there is no other. */
export interface ReplanEffect {
  readonly type: 'apply'
  readonly wanted: string
}

/** Nothing is known yet. @param now - monotonic milliseconds */
export function initialReplan(now: number, options: ReplanOptions = DEFAULT_REPLAN): ReplanState {
  return {
    options,
    wanted: undefined,
    applied: undefined,
    changedAt: now,
    firstChangedAt: now,
    isBusy: false,
    running: undefined,
    bucket: fullBucket(rateOf(options), now),
    failures: 0,
    retryAt: now,
  }
}

/**
 * The state after an event, and the apply that is due with it. One at a time, not beside another's; not more often than the
 * rate; never one that is outdated: what is applied is what is wanted at that moment, and the last wish is always met.
 */
export function nextReplan(
  state: ReplanState,
  event: ReplanEvent,
  now: number,
): { readonly state: ReplanState; readonly effects: readonly ReplanEffect[] } {
  const noted = note(state, event, now)
  const { wanted } = noted
  if (wanted === undefined || (dueAt(noted) ?? Number.POSITIVE_INFINITY) > now) return { state: noted, effects: [] }
  const bucket = takeOne(noted.bucket, rateOf(noted.options), now)
  if (bucket === undefined) return { state: noted, effects: [] }
  return { state: { ...noted, bucket, running: wanted }, effects: [{ type: 'apply', wanted }] }
}

/** When to send `tick`; undefined: not before something happens. */
export function dueAt(state: ReplanState): number | undefined {
  if (!isOutdated(state) || state.isBusy || state.running !== undefined) return undefined
  const { options, changedAt, firstChangedAt, retryAt } = state
  const settledAt = Math.min(changedAt + options.settleMs, firstChangedAt + options.maxSettleMs)
  return Math.max(settledAt, retryAt, allowedAt(state))
}

function note(state: ReplanState, event: ReplanEvent, now: number): ReplanState {
  switch (event.type) {
    case 'tick':
      return state
    case 'busy':
      return { ...state, isBusy: event.isBusy }
    case 'looked':
      return noteLook(state, event, now)
    case 'ended': {
      const { running } = state
      if (running === undefined) return state
      if (event.isApplied) return { ...state, running: undefined, applied: running, failures: 0, retryAt: now }
      // What failed is of no interest when something else is wanted by now.
      if (running !== state.wanted) return { ...state, running: undefined, failures: 0, retryAt: now }
      return { ...state, running: undefined, failures: state.failures + 1, retryAt: now + retryMsOf(state) }
    }
  }
}

function noteLook(
  state: ReplanState,
  { wanted, applied }: Extract<ReplanEvent, { type: 'looked' }>,
  now: number,
): ReplanState {
  // While an apply runs, what is written on disk is not yet what it will be.
  const known = state.running === undefined ? applied : state.applied
  if (wanted === state.wanted) return { ...state, applied: known }
  const firstChangedAt = isOutdated(state) ? state.firstChangedAt : now
  return { ...state, wanted, applied: known, changedAt: now, firstChangedAt, failures: 0, retryAt: now }
}

function isOutdated({ wanted, applied }: ReplanState): boolean {
  return wanted !== undefined && wanted !== applied
}

function retryMsOf({ failures, options }: ReplanState): number {
  return Math.min(options.maxRetryMs, options.retryMs * 2 ** Math.min(failures, 30))
}

function rateOf({ burst, everyMs }: ReplanOptions) {
  return { burst, perSecond: 1000 / everyMs }
}

function allowedAt({ bucket, options }: ReplanState): number {
  // Rounded up: a hair before its time the bucket would not give anything.
  return bucket.left >= 1 ? bucket.at : Math.ceil(bucket.at + (1 - bucket.left) * options.everyMs) + 1
}

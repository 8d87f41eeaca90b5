/** At most `count` within `windowMs`. */
export interface Limit {
  readonly count: number
  readonly windowMs: number
}

const MINUTE_MS = 60_000

/** Every bound of the coordinator that an operator or a test may want to move. */
export interface Limits {
  /** Wrong sign-ins of one name from one network before each further one waits, twice as long each time. */
  readonly signInPerLogin: Limit
  /** The same from anywhere, so that a spread attack slows down too. */
  readonly signInPerLoginAnywhere: Limit
  readonly signInPerNetwork: Limit
  readonly newAccountsPerNetwork: Limit
  readonly newDevicesPerNetwork: Limit
  readonly wrongUserCodesPerAccount: Limit
  /** Wrong PINs; lower stops guessing sooner, higher forgives more typing. */
  readonly wrongClaimsPerAccount: Limit
  readonly wrongClaimsPerNetwork: Limit
  /** Wrong PINs of all together: with L live PINs, each try hits one with L / 160,000. */
  readonly wrongClaimsInAll: Limit
  /** Claims, right or wrong, of one account. */
  readonly claimsPerAccount: Limit
  readonly livePairings: number
  readonly livePairingsPerNetwork: number
  readonly newPairingsPerNetwork: Limit
  readonly contextsPerAccount: number
  readonly tokensPerAccount: number
  readonly machinesPerAccount: number
  readonly clustersPerAccount: number
  /** Machines of one cluster that were authorized and have not joined yet. */
  readonly awaitedPerCluster: number
  readonly streamsPerAccount: number
  readonly waitingRequests: number
  readonly waitingRequestsPerPairing: number
  /** Files of releases that are sent at one time. */
  readonly downloads: number
  /** Missed events that are replayed; further back, a client must read the lists again. */
  readonly replayedEvents: number
  /** How long events are kept, in milliseconds. */
  readonly eventRetentionMs: number
}

/** Limits for a coordinator of a group or an experiment. */
export const DEFAULT_LIMITS: Limits = {
  signInPerLogin: { count: 5, windowMs: 15 * MINUTE_MS },
  signInPerLoginAnywhere: { count: 50, windowMs: 15 * MINUTE_MS },
  signInPerNetwork: { count: 50, windowMs: 15 * MINUTE_MS },
  newAccountsPerNetwork: { count: 30, windowMs: 60 * MINUTE_MS },
  newDevicesPerNetwork: { count: 60, windowMs: 10 * MINUTE_MS },
  wrongUserCodesPerAccount: { count: 5, windowMs: 10 * MINUTE_MS },
  wrongClaimsPerAccount: { count: 5, windowMs: 10 * MINUTE_MS },
  wrongClaimsPerNetwork: { count: 20, windowMs: 10 * MINUTE_MS },
  wrongClaimsInAll: { count: 200, windowMs: 10 * MINUTE_MS },
  claimsPerAccount: { count: 60, windowMs: 10 * MINUTE_MS },
  livePairings: 10_000,
  livePairingsPerNetwork: 500,
  newPairingsPerNetwork: { count: 2000, windowMs: 15 * MINUTE_MS },
  contextsPerAccount: 5000,
  tokensPerAccount: 100,
  machinesPerAccount: 20_000,
  clustersPerAccount: 100,
  awaitedPerCluster: 1000,
  streamsPerAccount: 10,
  waitingRequests: 5000,
  waitingRequestsPerPairing: 6,
  downloads: 32,
  replayedEvents: 5000,
  eventRetentionMs: 400 * 24 * 60 * MINUTE_MS,
}

/** Exit codes of every Muster program. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** A dry run found differences. */
  differences: 2,
  usage: 64,
  badInput: 65,
  /** A peer (coordinator, cloud, mesh) cannot be reached. */
  unavailable: 69,
  internal: 70,
  /** Try again later: a lock is held, a limit is reached, a PIN expired. */
  tryAgain: 75,
  notPermitted: 77,
  badConfig: 78,
  /** Whoever has started it shall do so again: it will be another version. */
  startAgain: 79,
} as const

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

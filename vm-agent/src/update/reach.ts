import type { Fetch } from '@muster/contexts/api/requester.ts'

/** Notices whether a coordinator answers. */
export interface Reach {
  /** `fetch` with an eye on what comes back. */
  readonly fetch: Fetch
  /** Whether it has given what it was asked for, since this process began. */
  hasAnswered(): boolean
}

/** Counts what a coordinator grants, not what it refuses: a version that asks in the wrong way has not reached it. */
export function watchReach(fetch: Fetch): Reach {
  let hasAnswered = false
  return {
    async fetch(url, init) {
      const answer = await fetch(url, init)
      hasAnswered ||= answer.ok
      return answer
    },
    hasAnswered: () => hasAnswered,
  }
}

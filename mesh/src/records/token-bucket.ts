/** How often something may happen: `perSecond` in the long run, `burst` at once. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** What is left of a rate at a time. */
export interface Bucket {
  readonly left: number
  readonly at: number
}

/** A full bucket. */
export function fullBucket(rate: Rate, now: number): Bucket {
  return { left: rate.burst, at: now }
}

/** The bucket after one more event, or undefined when it is empty. A clock that went back refills nothing. */
export function takeOne(bucket: Bucket, rate: Rate, now: number): Bucket | undefined {
  const passedMs = Math.max(0, now - bucket.at)
  const left = Math.min(rate.burst, bucket.left + (passedMs / 1000) * rate.perSecond)
  return left < 1 ? undefined : { left: left - 1, at: now }
}

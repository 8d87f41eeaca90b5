import type { Clock } from '@muster/runtime/clock.ts'

const MS_PER_DAY = 86_400_000

/** Days since 1970-01-01, as the shadow file counts them. */
export function daysSinceEpoch(clock: Clock): number {
  return Math.floor(clock.now() / MS_PER_DAY)
}

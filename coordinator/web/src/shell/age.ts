const UNITS = [
  { seconds: 86_400, name: 'day' },
  { seconds: 3_600, name: 'hour' },
  { seconds: 60, name: 'minute' },
  { seconds: 1, name: 'second' },
] as const

const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/**
 * How long ago something was, in words: "12 seconds ago". Times in the future (clocks differ) count as now.
 *
 * @param at - RFC 3339
 * @param now - epoch milliseconds
 */
export function describeAge(at: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000))
  const unit = UNITS.find((candidate) => seconds >= candidate.seconds)
  return unit === undefined ? 'now' : words.format(-Math.floor(seconds / unit.seconds), unit.name)
}

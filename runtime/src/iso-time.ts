/**
 * A time as `Date.prototype.toISOString` writes it, for the years 0 to 9999. That one loads the tables of time zones,
 * which UTC does not need: 3 MB of a program that otherwise waits.
 *
 * @param epochMs - milliseconds since 1970
 */
export function isoTime(epochMs: number): string {
  const time = new Date(epochMs)
  const day = [digits(time.getUTCFullYear(), 4), digits(time.getUTCMonth() + 1, 2), digits(time.getUTCDate(), 2)]
  const hour = [digits(time.getUTCHours(), 2), digits(time.getUTCMinutes(), 2), digits(time.getUTCSeconds(), 2)]
  return `${day.join('-')}T${hour.join(':')}.${digits(time.getUTCMilliseconds(), 3)}Z`
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0')
}

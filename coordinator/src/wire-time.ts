/** Epoch milliseconds as RFC 3339 in UTC, the form of every wire. */
export function wireTime(ms: number): string {
  return new Date(ms).toISOString()
}

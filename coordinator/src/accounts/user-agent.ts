/** Longest description of a browser that is kept. */
const MAX_LENGTH = 200

/** What a browser calls itself, made safe to keep and to show: printable ASCII, bounded, empty when it says nothing. */
export function describeUserAgent(header: string | undefined): string {
  return (header ?? '')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, MAX_LENGTH)
}

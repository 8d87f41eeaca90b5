import { expect, test } from 'vitest'
import { describeUserAgent } from '../../src/accounts/user-agent.ts'

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (X11; Linux x86_64)'],
  ['  spaced   out ', 'spaced out'],
  ['bell\u0007 tab\there \u202eturned\u00e9', 'bell tab here turned'],
  ['x'.repeat(5000), 'x'.repeat(200)],
  [undefined, ''],
])('what a browser calls itself is printable and short: %j', (header, kept) => {
  expect(describeUserAgent(header)).toBe(kept)
})

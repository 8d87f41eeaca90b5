import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hunt, huntPin } from './secret-hunt.ts'

const SECRET = 'correct Horse+battery/staple'

describe('the hunt for a secret', () => {
  test.each([
    ['plain', `x${SECRET}y`],
    ['in another case', SECRET.toUpperCase()],
    ['percent-encoded', `a=${encodeURIComponent(SECRET)}&b`],
    ['as a form sends it', new URLSearchParams({ a: SECRET }).toString()],
    ['in JSON', JSON.stringify({ a: SECRET })],
    ['in hex', Buffer.from(SECRET).toString('hex')],
    ['in UTF-16', Buffer.from(SECRET, 'utf16le').toString('latin1')],
  ])('finds it %s', (_name, text) => {
    expect(hunt(Buffer.from(text, 'latin1'), [{ name: 'it', text: SECRET }])).not.toEqual([])
  })

  test('finds it in base64 and base64url of any text around it', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.constantFrom('base64' as const, 'base64url' as const),
        (before, after, form) => {
          const bytes = Buffer.from(Buffer.from(before + SECRET + after).toString(form))
          return hunt(bytes, [{ name: 'it', text: SECRET }]).length > 0
        },
      ),
      { seed: 20 },
    )
  })

  test('finds nothing where it is not', () => {
    expect(hunt(Buffer.from('correct horse, other battery'), [{ name: 'it', text: SECRET }])).toEqual([])
  })
})

describe('the hunt for a PIN', () => {
  test.each([
    '"BCDFGHJK"',
    'pin=bcdf-ghjk',
    'BCDF%2DGHJK',
    'BCDF GHJK',
    '{"secret":"GHJK"}',
    'secret=ghjk&x',
    'PIN half: GHJK\n',
  ])('finds it in %s', (text) => {
    expect(huntPin(Buffer.from(text), 'BCDF-GHJK')).not.toEqual([])
  })

  test.each(['{"locator":"BCDF"}', 'c2VjcGHJKb3VzZQ', 'aGVsbG8_GHJK-Zm9v'])('does not take %s for it', (text) => {
    expect(huntPin(Buffer.from(text), 'BCDF-GHJK')).toEqual([])
  })
})

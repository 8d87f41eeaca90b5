/** A text that must not be found, and the name under which a find is reported (never the text itself). */
export interface Hunted {
  readonly name: string
  readonly text: string
}

/**
 * Looks for secrets in bytes that somebody else holds, in every notation in which a program might carry them: plain,
 * percent-encoded, escaped in JSON, hex, base64 and base64url at all three alignments, UTF-16; case does not matter
 * where the notation keeps letters.
 *
 * @returns names and notations that were found; empty is what a test hopes for
 */
export function hunt(bytes: Buffer, hunted: readonly Hunted[]): readonly string[] {
  const text = bytes.toString('latin1')
  const lower = text.toLowerCase()
  const finds: string[] = []
  for (const { name, text: secret } of hunted) {
    for (const [notation, needle, keepsCase] of notations(secret)) {
      if ((keepsCase ? text : lower).includes(keepsCase ? needle : needle.toLowerCase()))
        finds.push(`${name} (${notation})`)
    }
  }
  return finds
}

/**
 * Looks for the secret half of a PIN.
 *
 * Four letters are so few that base64 text, of which a sealed channel consists, contains any given four about once in
 * 16 million places: a plain search would fail by chance. So the four are looked for as a word, which every value of
 * JSON, a form, a header, a query or a log line is, and the eight together in all spellings at any place.
 */
export function huntPin(bytes: Buffer, pin: string): readonly string[] {
  const letters = pin.replace(/[^A-Z]/gi, '').toUpperCase()
  const [locator, secret] = [letters.slice(0, 4), letters.slice(4)]
  const text = bytes.toString('latin1')
  const finds: string[] = []
  if (new RegExp(`${locator}(-|%2D|\\s|%20|\\+|_|\\.|:|\\\\u002d|)${secret}`, 'i').test(text))
    finds.push('PIN, both halves')
  if (new RegExp(`(?<![A-Za-z0-9+/_-])${secret}(?![A-Za-z0-9+/_=-])`, 'i').test(text))
    finds.push('PIN, secret half as a word')
  const encoded = hunt(bytes, [
    { name: 'PIN, both halves', text: letters },
    { name: 'PIN, both halves with a dash', text: `${locator}-${secret}` },
  ])
  return [...finds, ...encoded]
}

/** Notation, the secret in it, and whether the case of letters carries meaning. */
function notations(secret: string): readonly (readonly [string, string, boolean])[] {
  const bytes = Buffer.from(secret, 'utf8')
  const aligned = [0, 1, 2].map((shift) => inBase64(bytes, shift))
  return [
    ['plain', bytes.toString('latin1'), false],
    ['percent-encoded', encodeURIComponent(secret), false],
    ['form', encodeURIComponent(secret).replaceAll('%20', '+'), false],
    ['JSON', JSON.stringify(secret).slice(1, -1), false],
    ['hex', bytes.toString('hex'), false],
    ['UTF-16', Buffer.from(secret, 'utf16le').toString('latin1'), false],
    ...aligned.map((needle) => ['base64', needle, true] as const),
    ...aligned.map((needle) => ['base64url', needle.replaceAll('+', '-').replaceAll('/', '_'), true] as const),
  ]
}

/** The characters that a text has in base64 when it begins `shift` bytes into a group, without those its neighbors share. */
function inBase64(bytes: Buffer, shift: number): string {
  const padded = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const first = shift === 0 ? 0 : shift + 1
  const isFull = (shift + bytes.length) % 3 === 0
  return padded.slice(first, isFull ? undefined : -1)
}

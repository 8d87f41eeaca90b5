import { PairingError } from '../fault.ts'
import { Secret } from '../secret.ts'
import type { RandomBytes } from './ports.ts'

/** Letters of a PIN: no vowels, so no words, and nothing that is easily read as something else (RFC 8628, 6.1). */
export const PIN_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ'

/** Letters of each half: the locator, and the secret with 17.3 bits. */
export const PIN_HALF_LENGTH = 4

const PIN_LENGTH = 2 * PIN_HALF_LENGTH
/** Longer input is not a PIN with decoration but something else that was pasted. */
const MAX_INPUT_CHARS = 200
/** Bytes from here on would favor the first letters of the alphabet. */
const UNBIASED_BELOW = 256 - (256 % PIN_ALPHABET.length)

/** A PIN split: the locator may be sent, the secret never is. */
export interface Pin {
  readonly locator: string
  readonly secret: Secret
}

/**
 * Reads a PIN as people type it: in any case, with or without dash and spaces. Characters outside the alphabet are
 * dropped, as a dash may arrive as any of a dozen characters.
 *
 * @throws {PairingError} pin-format - not 8 letters of the alphabet are left
 */
export function parsePin(input: string): Pin {
  const letters = input.length > MAX_INPUT_CHARS ? '' : pinLetters(input)
  if (letters.length !== PIN_LENGTH) {
    throw new PairingError('pin-format', `A PIN has ${PIN_LENGTH} letters; this has ${describeCount(input, letters)}`, {
      hint: 'Type the letters as the console of the machine shows them, for example WDJB-MJHT.',
    })
  }
  return { locator: letters.slice(0, PIN_HALF_LENGTH), secret: new Secret(letters.slice(PIN_HALF_LENGTH)) }
}

/** The letters of the alphabet in `input`, in upper case: what `parsePin` sees. For input fields that show progress. */
export function pinLetters(input: string): string {
  return [...input.toUpperCase()].filter((char) => PIN_ALPHABET.includes(char)).join('')
}

/** The PIN as shown, `XXXX-XXXX`; reveals the secret, so only the machine's own console calls it. */
export function formatPin(pin: Pin): string {
  return `${pin.locator}-${pin.secret.reveal()}`
}

/** Draws the secret half; every letter is equally likely. */
export function drawSecret(random: RandomBytes): Secret {
  let letters = ''
  while (letters.length < PIN_HALF_LENGTH) {
    for (const byte of random.bytes(PIN_LENGTH)) {
      if (byte < UNBIASED_BELOW && letters.length < PIN_HALF_LENGTH) {
        letters += PIN_ALPHABET.charAt(byte % PIN_ALPHABET.length)
      }
    }
  }
  return new Secret(letters)
}

function describeCount(input: string, letters: string): string {
  if (input.length > MAX_INPUT_CHARS) return `${input.length} characters`
  const dropped = /\p{L}|\p{N}/u.test(input.replace(new RegExp(`[${PIN_ALPHABET}]`, 'gi'), ''))
  return dropped ? `${letters.length} that can occur in a PIN` : String(letters.length)
}

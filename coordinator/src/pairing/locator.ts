import { PIN_ALPHABET } from '@muster/contexts/pairing/pin.ts'
import type { Random } from '@muster/runtime/random.ts'

/** Random letters of the alphabet of PINs, each as likely. */
export function drawLetters(count: number, random: Random): string {
  return Array.from({ length: count }, () => PIN_ALPHABET.charAt(random.integer(PIN_ALPHABET.length))).join('')
}

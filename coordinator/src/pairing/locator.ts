import type { Random } from '@muster/runtime/random.ts'

/** Letters of PINs and codes: no vowels, so no words; nothing that is mistaken for a digit (RFC 8628, 6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'

/** Random letters, each as likely. */
export function drawLetters(count: number, random: Random): string {
  return Array.from({ length: count }, () => LETTERS.charAt(random.integer(LETTERS.length))).join('')
}

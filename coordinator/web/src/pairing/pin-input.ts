import { PIN_ALPHABET, PIN_HALF_LENGTH, pinLetters } from '@muster/contexts/pairing/pin.ts'

/** Letters in a PIN. */
export const PIN_LETTERS = 2 * PIN_HALF_LENGTH

/**
 * What the field shows for what was typed or pasted: upper case, only letters that a PIN can have, at most 8, with the
 * dash in the middle. Forgiving, so that lower case, blanks, dashes and quotes around a pasted PIN do not matter.
 */
export function formatPinInput(typed: string): string {
  const letters = pinLetters(typed.slice(0, 200)).slice(0, PIN_LETTERS)
  if (letters.length <= PIN_HALF_LENGTH) return letters
  return `${letters.slice(0, PIN_HALF_LENGTH)}-${letters.slice(PIN_HALF_LENGTH)}`
}

/** Letters and digits that were typed but that no PIN has, each once, to tell the person. */
export function foreignLetters(typed: string): readonly string[] {
  const letters = [...typed.slice(0, 200).toUpperCase()]
  return [...new Set(letters.filter((letter) => /[A-Z0-9]/.test(letter) && !PIN_ALPHABET.includes(letter)))]
}

/** Whether the field holds a whole PIN. */
export function isWholePin(shown: string): boolean {
  return pinLetters(shown).length === PIN_LETTERS
}

/**
 * PIN from a link: `/pair#BCDF-GHJK` or `#code=…`, which browsers keep to themselves; `?code=…` is understood too.
 * Empty when there is none.
 */
export function pinFromAddress(search: string, hash: string): string {
  const fragment = hash.replace(/^#/, '')
  const code = new URLSearchParams(fragment).get('code') ?? new URLSearchParams(search).get('code')
  return formatPinInput(code ?? (fragment.includes('=') ? '' : fragment))
}

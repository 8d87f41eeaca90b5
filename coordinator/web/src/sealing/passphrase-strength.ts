/** Shortest passphrase that sealing accepts (`MIN_PASSPHRASE_CHARS` of contexts, whose module would bring age along). */
export const MIN_PASSPHRASE_CHARS = 10

/** How well a passphrase resists somebody who has the sealed text and time. */
export interface Strength {
  readonly level: 0 | 1 | 2 | 3
  readonly words: string
}

/**
 * A rough estimate by length and variety, counting repeated and neighboring characters as little; it cannot know
 * whether the passphrase is in a dictionary.
 */
export function estimateStrength(passphrase: string): Strength {
  if (passphrase.length < MIN_PASSPHRASE_CHARS) {
    return { level: 0, words: `Too short: at least ${MIN_PASSPHRASE_CHARS} characters.` }
  }
  const bits = surprisingCharacters(passphrase) * Math.log2(alphabetSize(passphrase))
  if (bits < 45) return { level: 1, words: 'Weak: a determined person with the sealed text can guess it.' }
  if (bits < 70) return { level: 2, words: 'Fair. A few more unrelated words make it good.' }
  return { level: 3, words: 'Good, if it is not a quotation or used elsewhere.' }
}

function surprisingCharacters(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index += 1) {
    const step = Math.abs(text.charCodeAt(index) - text.charCodeAt(index - 1))
    const isRepeated = index > 2 && text.slice(0, index).includes(text.slice(index - 2, index + 1))
    if (index === 0 || (step > 1 && !isRepeated)) count += 1
    else count += 0.25
  }
  return count
}

/** Characters among which each one was chosen, at a guess; letters of words are less random than they look. */
function alphabetSize(text: string): number {
  const lower = /[a-z]/.test(text) ? 12 : 0
  const upper = /[A-Z]/.test(text) ? 12 : 0
  const digits = /\d/.test(text) ? 8 : 0
  const others = /[^a-zA-Z0-9]/.test(text) ? 8 : 0
  return Math.max(2, lower + upper + digits + others)
}

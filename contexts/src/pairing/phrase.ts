import { PHRASE_WORDS } from './phrase-words.ts'

/** Three words that both sides show: equal when nobody sits between them. */
export type CheckPhrase = readonly [string, string, string]

/**
 * The check phrase of a session, 24 bits.
 *
 * @param seed - `phraseSeed` of the session keys, at least 3 bytes
 */
export function checkPhrase(seed: Uint8Array): CheckPhrase {
  return [wordAt(seed, 0), wordAt(seed, 1), wordAt(seed, 2)]
}

/** The phrase as shown: words with dashes between them. */
export function formatPhrase(phrase: CheckPhrase): string {
  return phrase.join('-')
}

function wordAt(seed: Uint8Array, index: number): string {
  const word = PHRASE_WORDS[seed[index] ?? -1]
  if (word === undefined) throw new Error('the seed of a check phrase is too short')
  return word
}

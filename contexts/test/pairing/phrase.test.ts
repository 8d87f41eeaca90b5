import { expect, test } from 'vitest'
import { checkPhrase, formatPhrase } from '../../src/pairing/phrase.ts'
import { PHRASE_WORDS } from '../../src/pairing/phrase-words.ts'
import { runHandshake } from './handshake-world.ts'

test('there is one plain word for each byte, none a part of another', () => {
  expect(PHRASE_WORDS).toHaveLength(256)
  expect(new Set(PHRASE_WORDS).size).toBe(256)
  for (const word of PHRASE_WORDS) {
    expect(word).toMatch(/^[a-z]{3,8}$/)
    expect(PHRASE_WORDS.filter((other) => other.includes(word))).toEqual([word])
  }
})

test('both sides of a session show the same phrase, and another session another one', () => {
  const [one, two] = [runHandshake({ seed: 1 }), runHandshake({ seed: 2 })]
  const phrase = formatPhrase(checkPhrase(one.claimant.phraseSeed))
  expect(phrase).toMatch(/^[a-z]+-[a-z]+-[a-z]+$/)
  expect(formatPhrase(checkPhrase(one.machine.phraseSeed))).toBe(phrase)
  expect(formatPhrase(checkPhrase(two.claimant.phraseSeed))).not.toBe(phrase)
})

test('each byte of the seed chooses its own word', () => {
  expect(checkPhrase(Uint8Array.of(0, 255, 7))).toEqual([PHRASE_WORDS[0], PHRASE_WORDS[255], PHRASE_WORDS[7]])
  expect(() => checkPhrase(Uint8Array.of(1, 2))).toThrow(/too short/)
})

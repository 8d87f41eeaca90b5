import { bytesToHex } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeBase64url } from '../../src/pairing/bytes.ts'
import type { HandshakeBinding } from '../../src/pairing/handshake.ts'
import { PIN_ALPHABET } from '../../src/pairing/pin.ts'
import { BINDING, runHandshake } from './handshake-world.ts'

const secrets = fc.array(fc.constantFrom(...PIN_ALPHABET), { minLength: 4, maxLength: 4 }).map((l) => l.join(''))
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })
/** Curve arithmetic takes tens of milliseconds for each run. */
const few = { numRuns: 25 }

/** Runs a handshake and says how it ended: `agreed`, or the code of the error. */
function outcomeOf(world: Parameters<typeof runHandshake>[0]): string {
  try {
    const { claimant, machine } = runHandshake(world)
    expect(claimant.send).toEqual(machine.receive)
    expect(claimant.receive).toEqual(machine.send)
    expect(claimant.phraseSeed).toEqual(machine.phraseSeed)
    return 'agreed'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

describe('the handshake', () => {
  test('agrees whenever PIN and facts are equal', () => {
    fc.assert(
      fc.property(secrets, seeds, (pin, seed) => {
        expect(outcomeOf({ claimantPin: pin, machinePin: pin, seed })).toBe('agreed')
      }),
      few,
    )
  })

  test('fails as a wrong PIN whenever the PINs differ', () => {
    fc.assert(
      fc.property(secrets, secrets, seeds, (claimantPin, machinePin, seed) => {
        fc.pre(claimantPin !== machinePin)
        expect(outcomeOf({ claimantPin, machinePin, seed })).toBe('pin-wrong')
      }),
      few,
    )
  })

  test.each<[keyof HandshakeBinding, string]>([
    ['pairingId', 'pair_01jd0000000000000000000009'],
    ['claimId', 'clm_01jd0000000000000000000009'],
    ['accountId', 'acc_01jd0000000000000000000009'],
    ['agentPublicKey', encodeBase64url(new Uint8Array(32).fill(9))],
  ])('fails when the sides see different facts: %s', (field, value) => {
    expect(outcomeOf({ machineBinding: { ...BINDING, [field]: value } })).toBe('pin-wrong')
    expect(outcomeOf({ claimantBinding: { ...BINDING, [field]: value } })).toBe('pin-wrong')
  })

  test('does not confuse facts that are the same text in other places', () => {
    const split = { ...BINDING, pairingId: `${BINDING.pairingId}x`, claimId: BINDING.claimId.slice(1) }
    expect(outcomeOf({ machineBinding: split })).toBe('pin-wrong')
  })

  test.each([1, 2, 3, 4])('notices a change of any byte of message %i', (number) => {
    const { messages } = runHandshake()
    const length = messages[number - 1]?.length ?? 0
    expect(length).toBeGreaterThan(30)
    for (let at = 0; at < length; at += 1) {
      const relay = (message: Uint8Array, n: number) =>
        n === number ? message.with(at, (message[at] ?? 0) ^ (1 << (at % 8))) : message
      expect(outcomeOf({ relay }), `byte ${at}`).toMatch(/^(protocol|pin-wrong)$/)
    }
  })

  test.each([1, 2, 3, 4])('refuses message %i cut, lengthened, empty or of another step', (number) => {
    const changes: readonly ((message: Uint8Array) => Uint8Array)[] = [
      (message) => message.slice(0, -1),
      (message) => Uint8Array.of(...message, 0),
      () => new Uint8Array(),
      (message) => message.with(1, 7),
    ]
    for (const [index, change] of changes.entries()) {
      const relay = (message: Uint8Array, n: number) => (n === number ? change(message) : message)
      expect(outcomeOf({ relay }), `change ${index}`).toBe('protocol')
    }
  })

  test('refuses a version that it does not know, and says which', () => {
    const relay = (message: Uint8Array) => message.with(0, 9)
    const refusal = expect.objectContaining({ code: 'protocol', message: expect.stringContaining('version 9') })
    expect(() => runHandshake({ relay })).toThrowError(refusal)
  })

  test('refuses its own messages sent back', () => {
    let first: Uint8Array | undefined
    const relay = (message: Uint8Array, n: number) => {
      first ??= message
      return n === 2 ? first : message
    }
    expect(outcomeOf({ relay })).toBe('protocol')
  })
})

test('another session with the same PIN has other messages and other keys', () => {
  const [one, two] = [runHandshake({ seed: 1 }), runHandshake({ seed: 2 })]
  for (const [index, message] of one.messages.entries()) expect(message).not.toEqual(two.messages[index])
  expect(one.claimant.send).not.toEqual(two.claimant.send)
})

test('the keys of the two directions, and the phrase, differ from each other', () => {
  const { claimant } = runHandshake()
  expect(new Set(Object.values(claimant).map(bytesToHex)).size).toBe(3)
})

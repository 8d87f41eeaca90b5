import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createClaimantChannel,
  createMachineChannel,
  MAX_FRAME_BYTES,
  type SealedChannel,
} from '../../src/pairing/channel.ts'
import type { ClaimantMessage, MachineMessage } from '../../src/wire/channel.ts'
import { runHandshake } from './handshake-world.ts'

const CONTEXT = { name: 'atlas', digest: 'ab'.repeat(32) }
const APPROVE: ClaimantMessage = { type: 'approve' }
const WITHDRAW: ClaimantMessage = { type: 'withdraw' }

function openChannels(): {
  claimant: SealedChannel<ClaimantMessage, MachineMessage>
  machine: SealedChannel<MachineMessage, ClaimantMessage>
} {
  const keys = runHandshake()
  return { claimant: createClaimantChannel(keys.claimant), machine: createMachineChannel(keys.machine) }
}

function propose(text: string): ClaimantMessage {
  return { type: 'propose', context: CONTEXT, text, isStrict: false }
}

const forged = expect.objectContaining({ code: 'forged' })

describe('the sealed channel', () => {
  test('carries messages both ways, in order', () => {
    const { claimant, machine } = openChannels()
    const plan: MachineMessage = { type: 'proposal-plan', changes: [], diagnostics: [] }
    expect(machine.open(claimant.seal(propose('[cernvm]')))).toEqual(propose('[cernvm]'))
    expect(claimant.open(machine.seal(plan))).toEqual(plan)
    expect(machine.open(claimant.seal(WITHDRAW))).toEqual(WITHDRAW)
    expect(machine.open(claimant.seal(APPROVE))).toEqual(APPROVE)
  })

  test('gives back any text unchanged', () => {
    const { claimant, machine } = openChannels()
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), (text) => {
        expect(machine.open(claimant.seal(propose(text)))).toEqual(propose(text))
      }),
    )
  })

  test('notices a change of any byte, and still expects the true frame', () => {
    const { claimant, machine } = openChannels()
    const frame = claimant.seal(APPROVE)
    for (let at = 0; at < frame.length; at += 1) {
      const changed = frame.with(at, (frame[at] ?? 0) ^ 0x10)
      expect(() => machine.open(changed), `byte ${at}`).toThrowError(
        expect.objectContaining({ code: at === 0 ? 'protocol' : 'forged' }),
      )
    }
    expect(machine.open(frame)).toEqual(APPROVE)
  })

  test('refuses a repeated, a skipped and a returned frame', () => {
    const { claimant, machine } = openChannels()
    const [first, second] = [claimant.seal(APPROVE), claimant.seal(WITHDRAW)]
    expect(() => machine.open(second)).toThrowError(forged)
    machine.open(first)
    expect(() => machine.open(first)).toThrowError(forged)
    expect(() => claimant.open(second)).toThrowError(forged)
    expect(machine.open(second)).toEqual(WITHDRAW)
  })

  test.each([0, 1, 16, 17])('refuses a frame of %i bytes', (length) => {
    const { machine } = openChannels()
    expect(() => machine.open(new Uint8Array(length).fill(1))).toThrowError(forged)
  })

  test('refuses a frame above the limit before it opens it', () => {
    const { machine } = openChannels()
    const refusal = expect.objectContaining({ code: 'too-large' })
    expect(() => machine.open(new Uint8Array(MAX_FRAME_BYTES + 1))).toThrowError(refusal)
  })

  test('carries the largest context, and refuses what no mailbox would take', () => {
    const { claimant, machine } = openChannels()
    const largest = propose('a'.repeat(1024 * 1024))
    const frame = claimant.seal(largest)
    expect(frame.length).toBeLessThanOrEqual(MAX_FRAME_BYTES)
    expect(machine.open(frame)).toEqual(largest)
    expect(() => claimant.seal(propose('\u0001'.repeat(1024 * 1024)))).toThrowError(
      expect.objectContaining({ code: 'too-large' }),
    )
    // A refused message takes no place in the order.
    expect(machine.open(claimant.seal(APPROVE))).toEqual(APPROVE)
  })

  test('refuses an authentic message of an unknown kind, and ignores unknown fields', () => {
    const keys = runHandshake()
    const machine = createMachineChannel(keys.machine)
    const future = createMachineChannel({ ...keys.machine, send: keys.claimant.send })
    const sealed = (message: unknown) => future.seal(message as MachineMessage)
    expect(() => machine.open(sealed({ type: 'dance' }))).toThrowError(expect.objectContaining({ code: 'protocol' }))
    expect(() => machine.open(sealed({ type: 'propose', text: 7 }))).toThrowError(
      expect.objectContaining({ code: 'protocol' }),
    )
    expect(machine.open(sealed({ type: 'approve', mood: 'fine' }))).toMatchObject(APPROVE)
  })

  test('makes short messages equally long, and tells of long ones their magnitude only', () => {
    const { claimant } = openChannels()
    expect(claimant.seal(APPROVE)).toHaveLength(claimant.seal(propose('x'.repeat(200))).length)
    const sizes = new Set(Array.from({ length: 400 }, (_, i) => claimant.seal(propose('x'.repeat(20_000 + i))).length))
    expect(sizes.size).toBeLessThanOrEqual(2)
    const long = claimant.seal(propose('x'.repeat(100_000)))
    expect(long.length).toBeLessThan(100_000 * 1.13)
  })
})

test('what a relay sees holds neither the PIN nor the text', () => {
  const { messages, claimant } = runHandshake({ claimantPin: 'QXZW', machinePin: 'QXZW' })
  const text = '[cernvm]\nusers=alice:atlas:super-secret-password'
  const seen = [...messages, createClaimantChannel(claimant).seal(propose(text))]
    .map((bytes) => Buffer.from(bytes))
    .map((bytes) => bytes.toString('latin1') + bytes.toString('base64url') + bytes.toString('utf16le'))
    .join('\n')
  for (const hidden of ['QXZW', 'alice', 'super-secret', 'propose', CONTEXT.digest]) expect(seen).not.toContain(hidden)
})

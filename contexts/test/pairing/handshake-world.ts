import { encodeBase64url } from '../../src/pairing/bytes.ts'
import {
  answerClaimant,
  checkClaimant,
  confirmMachine,
  finishClaimant,
  type HandshakeBinding,
  type SessionKeys,
  startClaimant,
} from '../../src/pairing/handshake.ts'
import { Secret } from '../../src/secret.ts'
import { createSeededBytes } from './seeded-bytes.ts'

/** Public facts of a pairing, as both sides see them when nobody lies. */
export const BINDING: HandshakeBinding = {
  pairingId: 'pair_01jd0000000000000000000001',
  claimId: 'clm_01jd0000000000000000000002',
  accountId: 'acc_01jd0000000000000000000003',
  agentPublicKey: encodeBase64url(Uint8Array.from({ length: 32 }, (_, index) => index + 1)),
}

/** What each side brings, and what happens to the messages on their way. */
export interface HandshakeWorld {
  readonly claimantPin?: string
  readonly machinePin?: string
  readonly claimantBinding?: HandshakeBinding
  readonly machineBinding?: HandshakeBinding
  readonly seed?: number
  /** Called for message 1 to 4. */
  readonly relay?: (message: Uint8Array, number: number) => Uint8Array
}

/** Runs a whole handshake; every message is recorded as it left its sender. */
export function runHandshake(world: HandshakeWorld = {}): {
  readonly claimant: SessionKeys
  readonly machine: SessionKeys
  readonly messages: readonly Uint8Array[]
} {
  const random = createSeededBytes(world.seed ?? 1)
  const messages: Uint8Array[] = []
  const carry = (message: Uint8Array) => {
    messages.push(message)
    return world.relay?.(message, messages.length) ?? message
  }
  const side = (pin = 'MJHT', binding = BINDING) => ({ secret: new Secret(pin), binding, random })
  const started = startClaimant(side(world.claimantPin, world.claimantBinding))
  const answered = answerClaimant(side(world.machinePin, world.machineBinding), carry(started.send))
  const confirmed = confirmMachine(started.next, carry(answered.send))
  const checked = checkClaimant(answered.next, carry(confirmed.send))
  const claimant = finishClaimant(confirmed.next, carry(checked.send))
  return { claimant, machine: checked.next, messages }
}

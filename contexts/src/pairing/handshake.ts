import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { PairingError } from '../fault.ts'
import type { Secret } from '../secret.ts'
import { decodeBase64url, lvCat } from './bytes.ts'
import {
  type CpaceInputs,
  type CpaceMessage,
  publicShare,
  sampleScalar,
  sessionKey,
  sharedPoint,
  transcript,
} from './cpace.ts'
import type { RandomBytes } from './ports.ts'

/*
 * Four messages between the claimant (initiator) and the machine (responder), each side a chain of pure steps:
 *
 *   claimant                              machine
 *   startClaimant  ── 1 share ──────────► answerClaimant
 *   confirmMachine ◄────────── 2 share ──
 *                  ── 3 tag ────────────► checkClaimant      wrong PIN: the machine counts, and answers nothing
 *   finishClaimant ◄──────────── 4 tag ──
 *
 * The claimant confirms first. A guess of the PIN must therefore be shown to the machine, which allows three: nothing
 * that the machine has sent before lets anybody check a guess alone.
 */

/** Version of the handshake messages; others are refused. */
export const HANDSHAKE_VERSION = 1

const PROTOCOL = `muster-pairing/${HANDSHAKE_VERSION}`
const SHARE_BYTES = 32
const TAG_BYTES = 64
const KEY_BYTES = 32
const AGENT_KEY_BYTES = 32

const STEP = { claimantShare: 1, machineShare: 2, claimantTag: 3, machineTag: 4 } as const
type Step = (typeof STEP)[keyof typeof STEP]

/** Public facts that both sides must see alike, else the handshake fails as if the PIN were wrong. */
export interface HandshakeBinding {
  readonly pairingId: string
  readonly claimId: string
  readonly accountId: string
  /** Raw 32-byte Ed25519 key of the agent, base64url. */
  readonly agentPublicKey: string
}

/** What a side brings to the handshake. */
export interface HandshakeOptions {
  readonly binding: HandshakeBinding
  /** Secret half of the PIN. */
  readonly secret: Secret
  readonly random: RandomBytes
}

/** Keys of a finished handshake, from the point of view of the side that holds them; never to be shown or logged. */
export interface SessionKeys {
  /** 32 bytes for what this side sends. */
  readonly send: Uint8Array
  /** 32 bytes for what this side receives. */
  readonly receive: Uint8Array
  /** 32 bytes from which the check phrase is made; equal on both sides. */
  readonly phraseSeed: Uint8Array
}

/** A step taken: what to send to the other side, and what to go on with. */
export interface HandshakeStep<Next> {
  readonly send: Uint8Array
  readonly next: Next
}

/** Claimant that has sent its share. */
export interface AwaitingMachineShare {
  readonly step: 'awaiting-machine-share'
  readonly inputs: CpaceInputs
  readonly scalar: bigint
  readonly own: CpaceMessage
  readonly binding: HandshakeBinding
}

/** Claimant that has confirmed. */
export interface AwaitingMachineTag {
  readonly step: 'awaiting-machine-tag'
  readonly expectedTag: Uint8Array
  readonly keys: SessionKeys
}

/** Machine that has sent its share. */
export interface AwaitingClaimantTag {
  readonly step: 'awaiting-claimant-tag'
  readonly expectedTag: Uint8Array
  readonly ownTag: Uint8Array
  readonly keys: SessionKeys
}

/** Claimant, message 1. */
export function startClaimant(options: HandshakeOptions): HandshakeStep<AwaitingMachineShare> {
  const inputs = cpaceInputs(options)
  const scalar = sampleScalar(options.random)
  const own = { share: publicShare(inputs, scalar), associatedData: claimantData(options.binding) }
  const next = { step: 'awaiting-machine-share', inputs, scalar, own, binding: options.binding } as const
  return { send: encodeMessage(STEP.claimantShare, own.share), next }
}

/**
 * Machine, message 1 in and message 2 out.
 *
 * @throws {PairingError} protocol - not a message 1 of this version, or an invalid share
 */
export function answerClaimant(options: HandshakeOptions, message: Uint8Array): HandshakeStep<AwaitingClaimantTag> {
  const share = decodeMessage(message, STEP.claimantShare, SHARE_BYTES)
  const inputs = cpaceInputs(options)
  const scalar = sampleScalar(options.random)
  const initiator = { share, associatedData: claimantData(options.binding) }
  const responder = { share: publicShare(inputs, scalar), associatedData: machineData(options.binding) }
  const derived = deriveKeys(inputs, sharedPoint(scalar, share), initiator, responder)
  return {
    send: encodeMessage(STEP.machineShare, responder.share),
    next: {
      step: 'awaiting-claimant-tag',
      expectedTag: derived.claimantTag,
      ownTag: derived.machineTag,
      keys: { send: derived.toClaimant, receive: derived.toMachine, phraseSeed: derived.phraseSeed },
    },
  }
}

/**
 * Claimant, message 2 in and message 3 out.
 *
 * @throws {PairingError} protocol - not a message 2 of this version, or an invalid share
 */
export function confirmMachine(state: AwaitingMachineShare, message: Uint8Array): HandshakeStep<AwaitingMachineTag> {
  const share = decodeMessage(message, STEP.machineShare, SHARE_BYTES)
  const responder = { share, associatedData: machineData(state.binding) }
  const derived = deriveKeys(state.inputs, sharedPoint(state.scalar, share), state.own, responder)
  return {
    send: encodeMessage(STEP.claimantTag, derived.claimantTag),
    next: {
      step: 'awaiting-machine-tag',
      expectedTag: derived.machineTag,
      keys: { send: derived.toMachine, receive: derived.toClaimant, phraseSeed: derived.phraseSeed },
    },
  }
}

/**
 * Machine, message 3 in and message 4 out: after it the claimant has proved the PIN.
 *
 * @throws {PairingError} pin-wrong - the claimant used another PIN, or sees other facts; to be counted
 * @throws {PairingError} protocol - not a message 3 of this version
 */
export function checkClaimant(state: AwaitingClaimantTag, message: Uint8Array): HandshakeStep<SessionKeys> {
  const tag = decodeMessage(message, STEP.claimantTag, TAG_BYTES)
  if (!equalBytes(tag, state.expectedTag)) throw pinWrong()
  return { send: encodeMessage(STEP.machineTag, state.ownTag), next: state.keys }
}

/**
 * Claimant, message 4 in: after it the machine has proved the PIN.
 *
 * @throws {PairingError} pin-wrong - whoever answered does not know the PIN
 * @throws {PairingError} protocol - not a message 4 of this version
 */
export function finishClaimant(state: AwaitingMachineTag, message: Uint8Array): SessionKeys {
  const tag = decodeMessage(message, STEP.machineTag, TAG_BYTES)
  if (!equalBytes(tag, state.expectedTag)) throw pinWrong()
  return state.keys
}

/** The error of a PIN that the machine does not show (any more). */
export function pinWrong(): PairingError {
  return new PairingError('pin-wrong', 'The PIN does not match the one that the machine shows', {
    hint: 'Compare the last four letters with the console; after three wrong tries it shows a new PIN.',
  })
}

function cpaceInputs({ binding, secret }: HandshakeOptions): CpaceInputs {
  return {
    prs: utf8ToBytes(secret.reveal()),
    ci: lvCat(PROTOCOL, agentKey(binding)),
    // The claim makes it unique when a pairing is claimed again after a wrong PIN.
    sid: lvCat(binding.pairingId, binding.claimId),
  }
}

function claimantData(binding: HandshakeBinding): Uint8Array {
  return lvCat('claimant', binding.claimId, binding.accountId)
}

function machineData(binding: HandshakeBinding): Uint8Array {
  return lvCat('machine', agentKey(binding))
}

function agentKey(binding: HandshakeBinding): Uint8Array {
  const key = decodeBase64url(binding.agentPublicKey)
  if (key.length !== AGENT_KEY_BYTES) throw broken('the public key of the machine has a wrong length')
  return key
}

function deriveKeys(inputs: CpaceInputs, k: Uint8Array, initiator: CpaceMessage, responder: CpaceMessage) {
  const isk = sessionKey(inputs.sid, k, initiator, responder)
  const key = (label: string) => hkdf(sha512, isk, utf8ToBytes(PROTOCOL), utf8ToBytes(label), KEY_BYTES)
  const confirmed = lvCat(PROTOCOL, inputs.sid, inputs.ci, transcript(initiator, responder))
  return {
    claimantTag: hmac(sha512, key('confirm claimant'), confirmed),
    machineTag: hmac(sha512, key('confirm machine'), confirmed),
    toMachine: key('claimant to machine'),
    toClaimant: key('machine to claimant'),
    phraseSeed: key('check phrase'),
  }
}

function encodeMessage(step: Step, payload: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(HANDSHAKE_VERSION, step), lvCat(payload))
}

function decodeMessage(message: Uint8Array, step: Step, payloadBytes: number): Uint8Array {
  const [version, kind, length] = message
  if (version === undefined) throw broken('a message is empty')
  if (version !== HANDSHAKE_VERSION) {
    throw new PairingError('protocol', `The other side speaks version ${version} of the pairing protocol`, {
      hint: `This side speaks version ${HANDSHAKE_VERSION}; update the older of both.`,
      details: { version },
    })
  }
  if (kind !== step) throw broken('a message came out of order')
  if (length !== payloadBytes || message.length !== 3 + payloadBytes) throw broken('a message has a wrong length')
  return message.slice(3)
}

function broken(what: string): PairingError {
  return new PairingError('protocol', `The pairing was stopped: ${what}`, { hint: 'Start the pairing again.' })
}

/** Compares without telling by its duration where the first difference is. */
function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0)
  return difference === 0
}

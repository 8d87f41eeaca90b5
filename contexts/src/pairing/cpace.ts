import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { PairingError } from '../fault.ts'
import { lvCat, prependLength } from './bytes.ts'
import type { RandomBytes } from './ports.ts'

/*
 * CPace (draft-irtf-cfrg-cpace), suite CPACE-RISTR255-SHA512, initiator-responder mode. Two sides that share a short
 * password agree on a key; who only listens or relays learns nothing to test guesses with.
 */

const DSI = utf8ToBytes('CPaceRistretto255')
const DSI_ISK = utf8ToBytes('CPaceRistretto255_ISK')
const SHA512_BLOCK_BYTES = 128
const GROUP_ORDER = ristretto255.Point.Fn.ORDER
const SCALAR_BITS = 252

type Point = InstanceType<typeof ristretto255.Point>

/** What both sides must agree on beforehand. */
export interface CpaceInputs {
  /** Password-related string: the shared secret. */
  readonly prs: Uint8Array
  /** Channel identifier: protocol, version and parties. */
  readonly ci: Uint8Array
  /** Session identifier, not used twice. */
  readonly sid: Uint8Array
}

/** One side's public share with the data that it authenticates. */
export interface CpaceMessage {
  /** 32 bytes, an encoded group element. */
  readonly share: Uint8Array
  readonly associatedData: Uint8Array
}

/** The string that is hashed to the generator; the padding keeps the hashing time independent of the password. */
export function generatorString({ prs, ci, sid }: CpaceInputs): Uint8Array {
  const padding = Math.max(0, SHA512_BLOCK_BYTES - prependLength(prs).length - prependLength(DSI).length - 1)
  return lvCat(DSI, prs, new Uint8Array(padding), ci, sid)
}

/** The generator of this session, which only who knows the password can compute; 32 bytes. */
export function calculateGenerator(inputs: CpaceInputs): Uint8Array {
  return generatorPoint(inputs).toBytes()
}

/** A fresh secret scalar, 1 ≤ y < group order. */
export function sampleScalar(random: RandomBytes): bigint {
  for (;;) {
    const scalar = scalarFromBytes(random.bytes(32))
    if (scalar > 0n && scalar < GROUP_ORDER) return scalar
  }
}

/** Little-endian bytes as a scalar, bits above the group size cleared. */
export function scalarFromBytes(bytes: Uint8Array): bigint {
  let scalar = 0n
  for (const byte of bytes.toReversed()) scalar = (scalar << 8n) | BigInt(byte)
  return scalar & ((1n << BigInt(SCALAR_BITS)) - 1n)
}

/** Public share of a scalar: Y = y·G, 32 bytes. */
export function publicShare(inputs: CpaceInputs, scalar: bigint): Uint8Array {
  return generatorPoint(inputs).multiply(scalar).toBytes()
}

/**
 * The shared point K (`scalar_mult_vfy` of the draft with its abort). Never leaves this folder: K would allow guesses.
 *
 * @throws {PairingError} protocol - the share is no group element, or the neutral one
 */
export function sharedPoint(scalar: bigint, peerShare: Uint8Array): Uint8Array {
  const peer = decodePoint(peerShare)
  const shared = peer?.is0() === false ? peer.multiply(scalar) : undefined
  if (shared === undefined || shared.is0()) {
    throw new PairingError('protocol', 'The other side sent an invalid key share', {
      hint: 'Start the pairing again; if it happens again, somebody between you and the machine alters messages.',
    })
  }
  return shared.toBytes()
}

/** Intermediate session key of the initiator-responder mode, 64 bytes; to be used through a key derivation only. */
export function sessionKey(
  sid: Uint8Array,
  k: Uint8Array,
  initiator: CpaceMessage,
  responder: CpaceMessage,
): Uint8Array {
  return sha512(concatBytes(lvCat(DSI_ISK, sid, k), transcript(initiator, responder)))
}

/** Ordered transcript of both messages (`transcript_ir`). */
export function transcript(initiator: CpaceMessage, responder: CpaceMessage): Uint8Array {
  return lvCat(initiator.share, initiator.associatedData, responder.share, responder.associatedData)
}

function generatorPoint(inputs: CpaceInputs): Point {
  const derive = ristretto255_hasher.deriveToCurve
  if (derive === undefined) throw new Error('the group has no element derivation')
  return derive(sha512(generatorString(inputs)))
}

function decodePoint(bytes: Uint8Array): Point | undefined {
  try {
    return ristretto255.Point.fromBytes(bytes)
  } catch {
    return undefined
  }
}

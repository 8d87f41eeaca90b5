import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { PairingError } from '../fault.ts'
import { ClaimantMessage, MachineMessage } from '../wire/channel.ts'
import { MAX_MESSAGE_CHARS } from '../wire/pairings.ts'
import type { SessionKeys } from './handshake.ts'

/** Version of the sealed frames; others are refused. */
export const CHANNEL_VERSION = 1

/** Largest sealed frame in bytes: what fits base64url-coded into one mailbox message. */
export const MAX_FRAME_BYTES = Math.floor((MAX_MESSAGE_CHARS * 3) / 4)

const TAG_BYTES = 16
const LENGTH_BYTES = 4
const NONCE_BYTES = 12
const COUNTER_OFFSET = 4
/** Shorter messages are padded to this, so that approve, withdraw and progress look alike. */
const SHORTEST_PADDED_BYTES = 512
/** A counter that could repeat would repeat a nonce; a pairing sends hundreds of messages at most. */
const MAX_MESSAGES = 1_000_000

/**
 * One side of the sealed channel that a finished handshake opens. Frames must arrive in the order in which they were
 * sealed: a repeated, left out, reordered or altered frame does not open. Seals and opens one at a time.
 */
export interface SealedChannel<Out, In> {
  /** @throws {PairingError} too-large - the message does not fit into one mailbox message */
  seal(message: Out): Uint8Array
  /**
   * @throws {PairingError} forged - not the next frame of the other side; the channel still expects the same frame
   * @throws {PairingError} protocol - it is authentic, but no message that this version knows
   * @throws {PairingError} too-large - above the limit of a frame
   */
  open(frame: Uint8Array): In
}

/** The claimant's side. */
export function createClaimantChannel(keys: SessionKeys): SealedChannel<ClaimantMessage, MachineMessage> {
  return createChannel<ClaimantMessage, typeof MachineMessage>(keys, MachineMessage)
}

/** The machine's side. */
export function createMachineChannel(keys: SessionKeys): SealedChannel<MachineMessage, ClaimantMessage> {
  return createChannel<MachineMessage, typeof ClaimantMessage>(keys, ClaimantMessage)
}

function createChannel<Out, Incoming extends TSchema>(
  keys: SessionKeys,
  incoming: Incoming,
): SealedChannel<Out, Static<Incoming>> {
  let sent = 0
  let received = 0
  return {
    seal(message) {
      if (sent >= MAX_MESSAGES) throw new PairingError('too-large', 'Too many messages for one pairing')
      const plain = pad(utf8ToBytes(JSON.stringify(message)))
      if (1 + plain.length + TAG_BYTES > MAX_FRAME_BYTES) throw tooLarge()
      const frame = sealFrame(keys.send, sent, plain)
      sent += 1
      return frame
    },
    open(frame) {
      const plain = openFrame(keys.receive, received, frame)
      received += 1
      return decodeMessage(incoming, unpad(plain))
    },
  }
}

function sealFrame(key: Uint8Array, counter: number, plain: Uint8Array): Uint8Array {
  const header = Uint8Array.of(CHANNEL_VERSION)
  return concatBytes(header, chacha20poly1305(key, nonceOf(counter), header).encrypt(plain))
}

function openFrame(key: Uint8Array, counter: number, frame: Uint8Array): Uint8Array {
  if (frame.length > MAX_FRAME_BYTES) throw tooLarge()
  if (frame[0] !== undefined && frame[0] !== CHANNEL_VERSION) {
    throw new PairingError('protocol', `The other side speaks version ${frame[0]} of the sealed channel`, {
      hint: `This side speaks version ${CHANNEL_VERSION}; update the older of both.`,
    })
  }
  try {
    return chacha20poly1305(key, nonceOf(counter), frame.subarray(0, 1)).decrypt(frame.subarray(1))
  } catch (cause) {
    throw new PairingError('forged', 'A message of this pairing was altered, repeated or left out on its way', {
      cause,
      hint: 'Start the pairing again; if it happens again, somebody between you and the machine alters messages.',
    })
  }
}

function nonceOf(counter: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES)
  new DataView(nonce.buffer).setBigUint64(COUNTER_OFFSET, BigInt(counter))
  return nonce
}

/** Length, bytes, zeros: up to a size that tells little about the length. */
function pad(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedLength(LENGTH_BYTES + bytes.length))
  new DataView(padded.buffer).setUint32(0, bytes.length)
  padded.set(bytes, LENGTH_BYTES)
  return padded
}

/** Rounds up so that only the magnitude and a few leading bits of a length remain; costs at most an eighth. */
function paddedLength(length: number): number {
  if (length <= SHORTEST_PADDED_BYTES) return SHORTEST_PADDED_BYTES
  const magnitude = Math.floor(Math.log2(length))
  const step = 2 ** (magnitude - Math.floor(Math.log2(magnitude)))
  return Math.ceil(length / step) * step
}

function unpad(plain: Uint8Array): Uint8Array {
  const length = plain.length < LENGTH_BYTES ? undefined : new DataView(plain.buffer, plain.byteOffset).getUint32(0)
  if (length === undefined || length > plain.length - LENGTH_BYTES) throw unknownMessage()
  return plain.subarray(LENGTH_BYTES, LENGTH_BYTES + length)
}

function decodeMessage<Schema extends TSchema>(schema: Schema, bytes: Uint8Array): Static<Schema> {
  const value = parseJson(bytes)
  if (!Value.Check(schema, value)) throw unknownMessage()
  return value
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw unknownMessage(cause)
  }
}

function tooLarge(): PairingError {
  return new PairingError('too-large', `A message of this pairing is above ${MAX_FRAME_BYTES} bytes`, {
    hint: 'Use a smaller context: fetch large files in its script instead of carrying them in it.',
  })
}

function unknownMessage(cause?: unknown): PairingError {
  return new PairingError('protocol', 'The other side sent a message that this version does not know', {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Update the older of agent and command line or page.',
  })
}

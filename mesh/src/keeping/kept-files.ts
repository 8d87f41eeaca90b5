import { isPeerId } from '../admission/peer-id.ts'
import { MAX_ADDRESSES, type RememberedPeer } from '../redial/state.ts'

/** Files of the folder of a mesh node; each is replaced whole but the journal. */
export const FILES = {
  seed: 'seed',
  certificate: 'certificate',
  definition: 'definition',
  revocations: 'revocations',
  remembered: 'remembered-peers',
  bootId: 'boot-id',
  token: 'join-token',
  usedTokens: 'used-tokens',
  journal: 'issuer-journal',
} as const

/** Largest file that is read, in bytes. */
export const MAX_BYTES = {
  seed: 64,
  certificate: 4096,
  definition: 512 * 1024,
  revocations: 8 * 1024 * 1024,
  remembered: 4 * 1024 * 1024,
  bootId: 32,
  token: 64,
  usedTokens: 4096,
} as const

/** Most peers that are remembered. */
export const MAX_REMEMBERED = 512
/** Most used tokens that are remembered, by their hash. */
export const MAX_USED_TOKENS = 16
const MAX_ADDRESS_CHARS = 256
const SEED_BYTES = 32
const REMEMBERED_VERSION = 1

const JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/
const TOKEN = /^[\w-]{43}$/
const HASH = /^[0-9a-f]{64}$/
const NUMBER = /^[0-9]{1,16}$/

/** A decoder gives undefined for what was not written by its encoder. */
export function decodeSeed(text: string): Uint8Array | undefined {
  const line = lineOf(text)
  if (line === undefined || !TOKEN.test(line)) return undefined
  const seed = Buffer.from(line, 'base64url')
  return seed.length === SEED_BYTES ? new Uint8Array(seed) : undefined
}

export function encodeSeed(seed: Uint8Array): string {
  return `${Buffer.from(seed).toString('base64url')}\n`
}

/** One signed document; whether the signature holds is another question. */
export function decodeDocument(text: string): string | undefined {
  return matching(text, JWS)
}

export function decodeDocuments(text: string): readonly string[] | undefined {
  return matchingLines(text, JWS)
}

export function decodeToken(text: string): string | undefined {
  return matching(text, TOKEN)
}

export function decodeUsedTokens(text: string): readonly string[] | undefined {
  return matchingLines(text, HASH)?.slice(-MAX_USED_TOKENS)
}

export function decodeBootId(text: string): number | undefined {
  const line = matching(text, NUMBER)
  return line !== undefined && Number.isSafeInteger(Number(line)) ? Number(line) : undefined
}

export function encodeLines(lines: readonly (string | number)[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

/** What is kept of a list: the peers that were seen last, within the bounds of the file. */
export function trimRemembered(peers: readonly RememberedPeer[]): readonly RememberedPeer[] {
  const newest = [...peers].sort((a, b) => b.lastSeenAt - a.lastSeenAt).slice(0, MAX_REMEMBERED)
  return newest.map(({ peer, addresses, lastSeenAt }) => ({
    peer,
    addresses: addresses.filter((each) => each.length <= MAX_ADDRESS_CHARS).slice(0, MAX_ADDRESSES),
    lastSeenAt: Math.max(0, Math.round(lastSeenAt)),
  }))
}

/** @param peers - as `trimRemembered` gives them */
export function encodeRemembered(peers: readonly RememberedPeer[]): string {
  return `${JSON.stringify({ v: REMEMBERED_VERSION, peers })}\n`
}

export function decodeRemembered(text: string): readonly RememberedPeer[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(value) || value['v'] !== REMEMBERED_VERSION || !Array.isArray(value['peers'])) return undefined
  const peers: readonly unknown[] = value['peers']
  return peers.length <= MAX_REMEMBERED && peers.every(isRememberedPeer) ? peers : undefined
}

function isRememberedPeer(value: unknown): value is RememberedPeer {
  if (!isRecord(value)) return false
  const { peer, addresses, lastSeenAt } = value
  const isAddress = (each: unknown) => typeof each === 'string' && each.length <= MAX_ADDRESS_CHARS
  return (
    typeof peer === 'string' &&
    isPeerId(peer) &&
    Array.isArray(addresses) &&
    addresses.length <= MAX_ADDRESSES &&
    addresses.every(isAddress) &&
    Number.isSafeInteger(lastSeenAt) &&
    Number(lastSeenAt) >= 0
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function lineOf(text: string): string | undefined {
  const [line, end, ...rest] = text.split('\n')
  return end === '' && rest.length === 0 ? line : undefined
}

function matching(text: string, pattern: RegExp): string | undefined {
  const line = lineOf(text)
  return line !== undefined && pattern.test(line) ? line : undefined
}

function matchingLines(text: string, pattern: RegExp): readonly string[] | undefined {
  if (text === '') return []
  const lines = text.split('\n')
  return lines.pop() === '' && lines.every((line) => pattern.test(line)) ? lines : undefined
}

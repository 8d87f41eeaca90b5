import { CompactSign, compactVerify, decodeProtectedHeader, importJWK } from 'jose'
import { Value } from 'typebox/value'
import { MAX_CHANNEL_CHARS, Release } from './release.ts'
import { ReleaseError } from './release-error.ts'
import type { ReleaseKey } from './release-keys.ts'

/** `typ` of the header: it keeps other documents, signed by the same key, from being taken for a channel. */
export const RELEASE_TYP = 'muster-release'

/** Whose word on a channel is believed. */
export interface ChannelTrust {
  readonly keys: readonly ReleaseKey[]
  /** The channel that was asked for. */
  readonly channel: string
}

/** A channel that was believed. */
export interface SignedRelease {
  readonly release: Release
  /** The key that has signed it. */
  readonly key: ReleaseKey
}

/**
 * What a channel offers, once one of the pinned keys proves it. Says nothing about whether the release is newer than
 * another one.
 *
 * @param token - a compact JWS (EdDSA) as served
 * @throws {ReleaseError} too-large, malformed, unknown-key, wrong-channel
 */
export async function openChannel(token: string, { keys, channel }: ChannelTrust): Promise<SignedRelease> {
  if (token.length > MAX_CHANNEL_CHARS) {
    throw new ReleaseError('too-large', `the channel has ${token.length} characters; ${MAX_CHANNEL_CHARS} are read`)
  }
  const compact = token.trim()
  const named = namedKey(compact)
  for (const key of keys) {
    if (key !== named) continue
    const payload = await verifiedPayload(compact, key)
    if (payload === undefined) break
    return { release: decodeRelease(payload, channel), key }
  }
  throw new ReleaseError('unknown-key', `the channel is not signed by a key that is pinned here (it names ${named})`, {
    hint: 'If the publisher has changed the key, add the new one to the pinned keys; else somebody forges releases.',
    details: { key: named },
  })
}

/** Private key of a publisher, as a JWK: 32 bytes each in base64url. */
export interface ReleaseSigner {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  /** The public half. */
  readonly x: ReleaseKey
  readonly d: string
}

/**
 * Signs a release.
 *
 * @returns a compact JWS, as a channel is served
 */
export async function sealChannel(release: Release, signer: ReleaseSigner): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(release))
  const header = { alg: 'EdDSA', typ: RELEASE_TYP, kid: signer.x }
  return new CompactSign(payload).setProtectedHeader(header).sign(await importJWK({ ...signer }, 'EdDSA'))
}

/** The key that the header names; only that one is tried. */
function namedKey(token: string): string {
  try {
    const { typ, kid } = decodeProtectedHeader(token)
    if (typ === RELEASE_TYP && typeof kid === 'string' && /^[\w-]{43}$/.test(kid)) return kid
  } catch (cause) {
    throw malformed('it is no compact JWS', cause)
  }
  throw malformed(`its header is not that of a ${RELEASE_TYP}`)
}

async function verifiedPayload(token: string, key: ReleaseKey): Promise<Uint8Array | undefined> {
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', x: key }
    return (await compactVerify(token, jwk, { algorithms: ['EdDSA'] })).payload
  } catch {
    // Whatever is wrong with it, this key does not vouch for it.
    return undefined
  }
}

function decodeRelease(payload: Uint8Array, channel: string): Release {
  const claims = parse(payload)
  if (!Value.Check(Release, claims)) {
    const where = Value.Errors(Release, claims)[0]?.instancePath
    throw malformed(`${where === undefined || where === '' ? 'its payload' : where} is not as expected`)
  }
  if (Number.isNaN(Date.parse(claims.publishedAt))) throw malformed('publishedAt is no time')
  if (claims.channel !== channel) {
    throw new ReleaseError('wrong-channel', `asked for channel ${channel}, this one was signed as ${claims.channel}`, {
      hint: 'Whoever serves it has mixed up files, or passes one channel off as another.',
    })
  }
  // Fields of later versions are left out.
  return Value.Clean(Release, claims) as Release
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch (cause) {
    throw malformed('its payload is no JSON', cause)
  }
}

function malformed(what: string, cause?: unknown): ReleaseError {
  return new ReleaseError('malformed', `this is no channel that this version understands: ${what}`, {
    cause,
    hint: 'Check the address, and whether something in between answers in place of the server.',
  })
}

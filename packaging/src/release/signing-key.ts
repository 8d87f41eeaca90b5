import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ReleaseSigner } from '@muster/contexts/release/channel.ts'
import type { ReleaseKey } from '@muster/contexts/release/release-keys.ts'
import { createFile } from '@muster/runtime/durable-file.ts'
import { PublishError } from './publish-error.ts'

/**
 * Makes a key and writes its private half as PEM (PKCS #8), mode 0600; nothing is written over.
 *
 * @returns the public half, for `release.keys`
 * @throws {PublishError} exists
 */
export async function makeSigningKey(path: string): Promise<ReleaseKey> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  try {
    await createFile(path, pem)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
    throw new PublishError('exists', `${path} is there already`, {
      cause,
      hint: 'Give the new key a file of its own: machines that pin the old one need releases signed by the old one.',
    })
  }
  return publicHalf(privateKey)
}

/** @throws {PublishError} bad-key */
export async function readSigningKey(path: string): Promise<ReleaseSigner> {
  try {
    const key = createPrivateKey(await readFile(path))
    const { kty, crv, x, d } = key.export({ format: 'jwk' })
    if (kty === 'OKP' && crv === 'Ed25519' && x !== undefined && d !== undefined) return { kty, crv, x, d }
    throw new PublishError('bad-key', `${path} holds a key of another kind`, { hint: HINT })
  } catch (cause) {
    if (cause instanceof PublishError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PublishError('bad-key', `${path} cannot be used as a key: ${why}`, { cause, hint: HINT })
  }
}

const HINT = 'A private key of Ed25519 as PEM is needed; "npm run release -- keygen --out FILE" makes one.'

function publicHalf(privateKey: KeyObject): ReleaseKey {
  return createPublicKey(privateKey).export({ format: 'jwk' }).x ?? ''
}

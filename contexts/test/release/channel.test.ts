import { openChannel, type ReleaseSigner, sealChannel } from '@muster/contexts/release/channel.ts'
import { type Release, releaseFileFor } from '@muster/contexts/release/release.ts'
import { decodeReleaseKeys } from '@muster/contexts/release/release-keys.ts'
import { ed25519 } from '@noble/curves/ed25519.js'
import { base64url, CompactSign, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'

const RELEASE: Release = {
  version: '1.2.3+0123abc',
  commit: '0123abc',
  publishedAt: '2026-02-03T04:05:06.789Z',
  channel: 'stable',
  files: [{ name: 'muster-agent', os: 'linux', arch: 'x64', bytes: 7, sha256: 'ab'.repeat(32) }],
}

const signerOf = (fill: number): ReleaseSigner => {
  const secret = new Uint8Array(32).fill(fill)
  const x = base64url.encode(ed25519.getPublicKey(secret))
  return { kty: 'OKP', crv: 'Ed25519', x, d: base64url.encode(secret) }
}
const [publisher, next, stranger] = [signerOf(1), signerOf(2), signerOf(3)]
const trust = { keys: [publisher.x, next.x], channel: 'stable' }

const code = (opened: Promise<unknown>) =>
  opened.then(
    () => 'believed',
    (error: { readonly code?: string }) => error.code,
  )

const signAs = async (signer: ReleaseSigner, payload: unknown, header: object) =>
  new CompactSign(new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'muster-release', kid: publisher.x, ...header })
    .sign(await importJWK({ ...signer }, 'EdDSA'))

describe('a channel', () => {
  test('is believed when one of several pinned keys has signed it, so that keys can overlap', async () => {
    expect(await openChannel(await sealChannel(RELEASE, publisher), trust)).toEqual({
      release: RELEASE,
      key: publisher.x,
    })
    expect((await openChannel(`${await sealChannel(RELEASE, next)}\n`, trust)).key).toBe(next.x)
  })

  test('is refused when the key that signed it is not pinned any more', async () => {
    const token = await sealChannel(RELEASE, publisher)
    expect(await code(openChannel(token, { ...trust, keys: [next.x] }))).toBe('unknown-key')
  })

  test('is refused when somebody else signed it in the name of a pinned key', async () => {
    expect(await code(openChannel(await signAs(stranger, RELEASE, {}), trust))).toBe('unknown-key')
  })

  test.each([
    ['of another kind of document', { typ: 'muster-cert' }, RELEASE, 'malformed'],
    ['without a key', { kid: undefined }, RELEASE, 'malformed'],
    ['of another channel', {}, { ...RELEASE, channel: 'edge' }, 'wrong-channel'],
    ['without files', {}, { ...RELEASE, files: [] }, 'malformed'],
    ['with a version that climbs out of a folder', {}, { ...RELEASE, version: '../../1' }, 'malformed'],
    ['of a day that there is not', {}, { ...RELEASE, publishedAt: '2026-19-39T00:00:00Z' }, 'malformed'],
    ['that is no JSON', {}, '{', 'malformed'],
    ['with a file beyond all measure', {}, withFile({ bytes: 2 ** 40 }), 'malformed'],
    ['with a file under another name than a name', {}, withFile({ name: '../agent' }), 'malformed'],
  ])('%s is refused', async (_, header, payload, expected) => {
    expect(await code(openChannel(await signAs(publisher, payload, header), trust))).toBe(expected)
  })

  test('that was changed anywhere is refused', async () => {
    const token = await sealChannel(RELEASE, publisher)
    for (let at = 0; at < token.length; at += 17) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      expect(await code(openChannel(changed, trust)), `character ${at}`).not.toBe('believed')
    }
    expect(await code(openChannel(token.slice(0, -2), trust))).not.toBe('believed')
  })

  test.each([
    ['', 'malformed'],
    ['<html>Sign in to the network</html>', 'malformed'],
    ['a.b.c', 'malformed'],
    ['a'.repeat(70_000), 'too-large'],
  ])('is not what somebody in between answers', async (text, expected) => {
    expect(await code(openChannel(text, trust))).toBe(expected)
  })

  test('says which file a machine needs, and loses what later versions add', async () => {
    const token = await signAs(publisher, { ...RELEASE, notes: 'https://…' }, {})
    const { release } = await openChannel(token, trust)
    expect(release).toEqual(RELEASE)
    expect(releaseFileFor(release, 'muster-agent', { os: 'linux', arch: 'x64' })?.bytes).toBe(7)
    expect(releaseFileFor(release, 'muster-agent', { os: 'linux', arch: 'arm64' })).toBeUndefined()
  })
})

describe('pinned keys', () => {
  test('stand one on each line, with comments', () => {
    const text = `# since 2026\n\n${publisher.x}   # the old one\n  ${next.x}\n${next.x}\n`
    expect(decodeReleaseKeys(text, 'release.keys')).toEqual([publisher.x, next.x])
  })

  test.each([
    ['# nothing\n', /names no key/],
    [`${publisher.x}\nnonsense\n`, /release\.keys:2: this is no public key/],
    // The neutral element: everybody can sign for it.
    [`${base64url.encode(Uint8Array.from([1, ...Array(31).fill(0)]))}\n`, /:1: this is no public key/],
    [`${Array.from({ length: 9 }, (_, i) => signerOf(i + 1).x).join('\n')}`, /9 keys/],
  ])('are refused when they are none', (text, expected) => {
    expect(() => decodeReleaseKeys(text, 'release.keys')).toThrow(expected)
  })
})

function withFile(change: object): object {
  return { ...RELEASE, files: [{ ...RELEASE.files[0], ...change }] }
}

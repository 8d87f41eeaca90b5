import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ReleaseSigner, sealChannel } from '@muster/contexts/release/channel.ts'
import { channelPath, filePath, type Release } from '@muster/contexts/release/release.ts'
import { onTestFinished } from 'vitest'

/** A folder of releases for one test; it is removed at the test's end. */
export interface TestReleases {
  readonly folder: string
  readonly signer: ReleaseSigner
  /** Puts a file of this content there. @returns its sum */
  putFile(content: Uint8Array | string): string
  /** Publishes agents with these contents in a channel. */
  publish(channel: string, agents: Partial<Record<'x64' | 'arm64', Uint8Array | string>>): Promise<Release>
}

/** Makes the folder with a key of its own. */
export function createTestReleases(): TestReleases {
  const folder = mkdtempSync(join(tmpdir(), 'muster-dist-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['channels', 'sha256']) mkdirSync(join(folder, name))
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const signer: ReleaseSigner = { kty: 'OKP', crv: 'Ed25519', x, d }
  const putFile = (content: Uint8Array | string) => {
    const sum = createHash('sha256').update(content).digest('hex')
    writeFileSync(join(folder, filePath(sum)), content)
    return sum
  }
  return {
    folder,
    signer,
    putFile,
    async publish(channel, agents) {
      const files: Release['files'] = Object.entries(agents).map(([arch, content]) => ({
        name: 'muster-agent',
        os: 'linux',
        arch: arch === 'arm64' ? 'arm64' : 'x64',
        bytes: Buffer.byteLength(content),
        sha256: putFile(content),
      }))
      const release: Release = {
        version: '0.2.0+abcdef0',
        commit: 'abcdef0',
        publishedAt: '2026-11-22T12:00:00Z',
        channel,
        files,
      }
      writeFileSync(join(folder, channelPath(channel)), await sealChannel(release, signer))
      return release
    },
  }
}

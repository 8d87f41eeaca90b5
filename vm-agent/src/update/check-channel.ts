import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openChannel } from '@muster/contexts/release/channel.ts'
import { decodeReleaseKeys, type ReleaseKey } from '@muster/contexts/release/release-keys.ts'
import { compareVersions } from '@muster/contexts/release/version.ts'
import { systemCode } from '../identity/agent-error.ts'
import { type JudgeFacts, judgeRelease, type Verdict } from './judge-release.ts'
import { type Ledger, withSeen } from './ledger.ts'
import type { ReleaseSource } from './release-source.ts'
import { UpdateError } from './update-error.ts'

/** Pinned keys, below the root of the machine. */
export const KEYS_PATH = '/etc/muster/release.keys'

/** What a channel is read with. */
export interface ChannelCheck {
  readonly source: ReleaseSource
  readonly channel: string
  readonly root: string
  readonly facts: Omit<JudgeFacts, 'seen' | 'failed'>
  readonly ledger: Ledger
  readonly signal: AbortSignal
}

/** What a channel offers to this machine, and the ledger that knows of it. */
export interface CheckedChannel {
  readonly verdict: Verdict
  readonly ledger: Ledger
}

/**
 * Reads the channel, believes it by the pinned keys alone, and judges it.
 *
 * @throws {UpdateError} no-keys, unreachable, no-channel
 * @throws {ReleaseError} all of its codes
 */
export async function checkChannel(check: ChannelCheck): Promise<CheckedChannel> {
  const { source, channel, ledger, facts, signal } = check
  // Read each time, so that a key that was removed counts no more from then on.
  const keys = await pinnedKeys(check.root)
  const { release } = await openChannel(await source.channel(channel, signal), { keys, channel })
  const seen = ledger.seen.find((one) => one.channel === channel)
  const verdict = judgeRelease(release, { ...facts, seen, failed: ledger.failed })
  // What is refused as old, or as of the future, must not become what others are held against.
  if (verdict.verdict === 'refused' && !isLater(release, seen)) return { verdict, ledger }
  if (verdict.verdict === 'refused' && Date.parse(release.publishedAt) > facts.now) return { verdict, ledger }
  if (seen !== undefined && !isLater(release, seen)) return { verdict, ledger }
  const { version, publishedAt } = release
  return { verdict, ledger: withSeen(ledger, { channel, version, publishedAt }) }
}

/** @throws {UpdateError} no-keys */
export async function pinnedKeys(root: string): Promise<readonly ReleaseKey[]> {
  const path = join(root, KEYS_PATH)
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return ''
    throw new UpdateError('no-keys', `${path} cannot be read (${systemCode(cause) ?? 'error'})`, { cause })
  })
  if (text.replaceAll(/#.*/g, '').trim() === '') {
    throw new UpdateError('no-keys', 'no release key is pinned on this machine', {
      hint: `Write the public key of the publisher into ${path}.`,
    })
  }
  return decodeReleaseKeys(text, path)
}

function isLater(
  release: { readonly version: string; readonly publishedAt: string },
  seen: { readonly version: string; readonly publishedAt: string } | undefined,
): boolean {
  if (seen === undefined) return true
  if (compareVersions(release.version, seen.version) < 0) return false
  return Date.parse(release.publishedAt) > Date.parse(seen.publishedAt)
}

import { type Platform, type Release, type ReleaseFile, releaseFileFor } from '@muster/contexts/release/release.ts'
import { compareVersions, isVersion } from '@muster/contexts/release/version.ts'
import type { FailedVersion, SeenRelease } from './ledger.ts'

/** What a release is held against. */
export interface JudgeFacts {
  /** The version that runs. */
  readonly running: string
  /** Folder that it was started from. */
  readonly runs: string | undefined
  readonly platform: Platform
  /** The latest release that was seen on this channel. */
  readonly seen: SeenRelease | undefined
  readonly failed: readonly FailedVersion[]
  /** Epoch milliseconds. */
  readonly now: number
}

/** What a release is to this machine; `why` is for people. */
export type Verdict =
  | { readonly verdict: 'newer'; readonly release: Release; readonly file: ReleaseFile }
  | { readonly verdict: 'current'; readonly release: Release }
  | { readonly verdict: 'refused'; readonly release: Release; readonly why: string }

/** Name of the agent in a release. */
export const AGENT_NAME = 'muster-agent'
/** Twice what an agent has, and room in the smallest image. */
export const MAX_AGENT_BYTES = 256 * 1024 * 1024
/** Clocks of machines are wrong; a release from further ahead would lock out all that come before it. */
const MAX_AHEAD_MS = 7 * 24 * 3_600_000
/** When a version that only could not reach its coordinator is tried again, and how often. */
const RETRY_AFTER_MS = 24 * 3_600_000
const MAX_TRIES = 3

/** Whether a believed release is to be installed here. */
export function judgeRelease(release: Release, facts: JudgeFacts): Verdict {
  const why = causeAgainst(release, facts)
  if (why !== undefined) return { verdict: 'refused', release, why }
  if (release.version === facts.running) return { verdict: 'current', release }
  const file = releaseFileFor(release, AGENT_NAME, facts.platform)
  if (file === undefined) {
    const { os, arch } = facts.platform
    return { verdict: 'refused', release, why: `it has no agent for ${os} ${arch}` }
  }
  if (folderOf(release, file) === facts.runs) return { verdict: 'current', release }
  if (file.bytes > MAX_AGENT_BYTES) {
    return { verdict: 'refused', release, why: `its agent has ${file.bytes} bytes; ${MAX_AGENT_BYTES} are taken` }
  }
  const failed = facts.failed.find(({ sha256 }) => file.sha256.startsWith(sha256))
  if (failed !== undefined && !mayRetry(failed, facts.now)) {
    return { verdict: 'refused', release, why: `it was tried here and taken back: ${failed.why}` }
  }
  return { verdict: 'newer', release, file }
}

/** Name of the folder that a version is installed in. */
export function folderOf(release: Release, { sha256 }: ReleaseFile): string {
  return `${release.version}-${sha256.slice(0, 12)}`
}

function causeAgainst(release: Release, { running, seen, now }: JudgeFacts): string | undefined {
  const publishedAt = Date.parse(release.publishedAt)
  if (publishedAt > now + MAX_AHEAD_MS) return `it is of ${release.publishedAt}, which is far ahead of the clock here`
  if (seen !== undefined && publishedAt < Date.parse(seen.publishedAt)) {
    return `it is of ${release.publishedAt}, and one of ${seen.publishedAt} was seen before`
  }
  if (seen !== undefined && compareVersions(release.version, seen.version) < 0) {
    return `${seen.version} was seen on this channel before`
  }
  // A checkout may call itself anything.
  if (isVersion(running) && compareVersions(release.version, running) < 0) return `it is older than ${running}`
  return undefined
}

/** What crashed is never tried again. What could not reach anybody may have met an outage. */
function mayRetry({ reason, at, tries }: FailedVersion, now: number): boolean {
  return reason === 'unreached' && tries < MAX_TRIES && Math.abs(now - Date.parse(at)) >= RETRY_AFTER_MS
}

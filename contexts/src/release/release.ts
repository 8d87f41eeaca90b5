import { type Static, Type } from 'typebox'
import { Timestamp } from '../wire/common.ts'
import { VERSION_PATTERN } from './version.ts'

/** Name of a channel: small letters, digits and dashes, at most 32. It is part of paths and addresses. */
export const CHANNEL_PATTERN = '^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$'
/** The channel of those who say nothing else. */
export const DEFAULT_CHANNEL = 'stable'
/** Largest file of a release: five times what the agent has today. */
export const MAX_FILE_BYTES = 512 * 1024 * 1024
/** Longest channel that is read, signature and all: a release with all its files takes a quarter of it. */
export const MAX_CHANNEL_CHARS = 64 * 1024
const MAX_FILES = 64

/** One file of a release. */
export const ReleaseFile = Type.Object({
  /** Name of the program, for example `muster-agent`. */
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,63}$' }),
  os: Type.Literal('linux'),
  arch: Type.Union([Type.Literal('x64'), Type.Literal('arm64')]),
  bytes: Type.Integer({ minimum: 1, maximum: MAX_FILE_BYTES }),
  /** Lower-case hex. */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})
export type ReleaseFile = Static<typeof ReleaseFile>

/** What a channel offers now: the claims that its publisher signs. */
export const Release = Type.Object({
  /** As the programs tell it with `--version`, commit included. */
  version: Type.String({ pattern: VERSION_PATTERN }),
  /** Of the source, in short. */
  commit: Type.String({ pattern: '^[0-9a-f]{7,64}$' }),
  /** Of two releases of one version the later one counts; nobody goes back behind the latest that he has seen. */
  publishedAt: Timestamp,
  channel: Type.String({ pattern: CHANNEL_PATTERN }),
  files: Type.Array(ReleaseFile, { minItems: 1, maxItems: MAX_FILES }),
})
export type Release = Static<typeof Release>

/** A kind of machine, in the words of Node. */
export interface Platform {
  readonly os: string
  readonly arch: string
}

/** The file of a program for a kind of machine; undefined when the release has none. */
export function releaseFileFor(release: Release, name: string, { os, arch }: Platform): ReleaseFile | undefined {
  return release.files.find((file) => file.name === name && file.os === os && file.arch === arch)
}

/** Whether a text can be the name of a channel. */
export function isChannelName(text: string): boolean {
  return new RegExp(CHANNEL_PATTERN).test(text)
}

/** Where a channel is, from the top of a dist folder or of the address that it is served at. */
export function channelPath(channel: string): string {
  return `channels/${channel}.jws`
}

/** Where a file is, from the top of a dist folder or of the address that it is served at. */
export function filePath(sha256: string): string {
  return `sha256/${sha256}`
}

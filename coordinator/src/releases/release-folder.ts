import { constants } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openChannel, RELEASE_TYP } from '@muster/contexts/release/channel.ts'
import {
  channelPath,
  filePath,
  isChannelName,
  MAX_CHANNEL_CHARS,
  type Release,
} from '@muster/contexts/release/release.ts'
import { ReleaseError } from '@muster/contexts/release/release-error.ts'
import { isReleaseKey, type ReleaseKey } from '@muster/contexts/release/release-keys.ts'

/** Channels that are looked at; a folder with more is not one of releases. */
const MAX_CHANNELS = 32

/** A channel as it is now. */
export type Channel =
  | {
      readonly state: 'usable'
      readonly name: string
      readonly release: Release
      /** Keys for machines to pin: the configured ones, else the one that has signed. */
      readonly keys: readonly ReleaseKey[]
      /** The signed text, as it is served. */
      readonly text: string
    }
  | { readonly state: 'broken'; readonly name: string; readonly detail: string }

/** A folder of releases that the operator has named; read anew each time, so that nothing has to be told of changes. */
export interface ReleaseFolder {
  readonly path: string
  /** All channels by name, broken ones too. Empty when the folder cannot be read. */
  channels(): Promise<readonly Channel[]>
  /** Undefined when there is none of this name. */
  channel(name: string): Promise<Channel | undefined>
  /** The file with this sum, opened; undefined when there is none. The caller closes it. */
  open(sha256: string): Promise<OpenedFile | undefined>
}

/** A regular file that was opened. */
export interface OpenedFile {
  readonly handle: FileHandle
  readonly sizeBytes: number
}

/**
 * Reads the folder that `npm run release -- publish` writes.
 *
 * @param keys - whose releases are believed; empty: of whoever signed, since the operator has put it there
 */
export function createReleaseFolder(path: string, keys: readonly ReleaseKey[]): ReleaseFolder {
  async function channel(name: string): Promise<Channel | undefined> {
    if (!isChannelName(name)) return undefined
    try {
      const text = await readRegular(join(path, channelPath(name)), MAX_CHANNEL_CHARS)
      return text === undefined ? undefined : await decode(name, text, keys)
    } catch (error) {
      return { state: 'broken', name, detail: error instanceof Error ? error.message : String(error) }
    }
  }
  return {
    path,
    channel,
    async channels() {
      const names = await channelNames(join(path, 'channels'))
      const all = await Promise.all(names.map(channel))
      return all.filter((one) => one !== undefined)
    },
    async open(sha256) {
      if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined
      return await openRegular(join(path, filePath(sha256)))
    },
  }
}

async function channelNames(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder).catch(() => [])
  const names = entries.filter((name) => name.endsWith('.jws')).map((name) => name.slice(0, -'.jws'.length))
  return names.filter(isChannelName).sort().slice(0, MAX_CHANNELS)
}

async function decode(name: string, text: string, pinned: readonly ReleaseKey[]): Promise<Channel> {
  const keys = pinned.length > 0 ? pinned : signerOf(text)
  try {
    const { release } = await openChannel(text, { keys, channel: name })
    return { state: 'usable', name, release, keys, text: text.trim() }
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    return { state: 'broken', name, detail: error.message }
  }
}

/** The key that the text names itself; none when it is no channel. */
function signerOf(text: string): readonly ReleaseKey[] {
  try {
    const header: unknown = JSON.parse(Buffer.from(text.trim().split('.')[0] ?? '', 'base64url').toString())
    const isRelease = typeof header === 'object' && header !== null && Reflect.get(header, 'typ') === RELEASE_TYP
    const key: unknown = isRelease ? Reflect.get(header, 'kid') : undefined
    return typeof key === 'string' && isReleaseKey(key) ? [key] : []
  } catch {
    // No JSON: the reader of the channel says what it is not.
    return []
  }
}

async function readRegular(file: string, maxBytes: number): Promise<string | undefined> {
  const opened = await openRegular(file)
  if (opened === undefined) return undefined
  try {
    if (opened.sizeBytes > maxBytes) throw new Error(`the file has ${opened.sizeBytes} bytes; ${maxBytes} are read`)
    return await opened.handle.readFile('latin1')
  } finally {
    await opened.handle.close()
  }
}

/** Opens a file of the folder itself: no link, no device, nothing that a reader could hang at. */
async function openRegular(file: string): Promise<OpenedFile | undefined> {
  let handle: FileHandle
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
  const stats = await handle.stat()
  if (stats.isFile()) return { handle, sizeBytes: stats.size }
  await handle.close()
  return undefined
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(String(error.code))
}

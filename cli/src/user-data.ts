import type { ApiClient } from '@muster/contexts/api/client.ts'
import { chunksOf } from '@muster/contexts/api/requester.ts'
import { MAX_USER_DATA_BYTES } from '@muster/contexts/bootstrap/user-data.ts'
import { openChannel } from '@muster/contexts/release/channel.ts'
import { channelPath, isChannelName, MAX_CHANNEL_CHARS, type Release } from '@muster/contexts/release/release.ts'
import { decodeReleaseKeys, type ReleaseKey } from '@muster/contexts/release/release-keys.ts'
import { checkContext, invalidContext, showDiagnostics } from './checked-context.ts'
import { CliError } from './cli-error.ts'
import { connect, decodeServer, findServer, openServer } from './server.ts'
import { findVersion, parseContextName, plainText } from './stored-context.ts'
import { readBytes, STANDARD_INPUT } from './text-file.ts'
import type { CliWorld } from './world.ts'

/** Which agent a machine installs, and what rides along. */
export interface UserDataWish {
  readonly channel: string
  readonly coordinator?: string
  readonly releaseKey?: string
  readonly join?: string
  readonly passphraseFile?: string
}

/** What the machine installs, and where it finds its coordinator. */
export interface ChosenRelease {
  readonly release: Release
  readonly releaseKeys: readonly ReleaseKey[]
  readonly coordinatorUrl: string
}

/** Longest list of keys that is read. */
const MAX_KEYS_BYTES = 16 * 1024

/**
 * Asks the coordinator, without a sign-in, what it serves. With keys of one's own the signature of the channel is
 * checked here.
 *
 * @throws {CliError} no-server, not-found, usage; {ReleaseError} when the channel is not signed by the given keys
 */
export async function chooseRelease(world: CliWorld, wish: UserDataWish): Promise<ChosenRelease> {
  if (!isChannelName(wish.channel)) {
    throw new CliError('usage', `"${wish.channel}" is no name of a channel`, { hint: 'For example: stable.' })
  }
  const api = connect(world, await findServer(world))
  const { signal } = world
  const coordinatorUrl =
    wish.coordinator === undefined ? (await api.meta({ signal })).url : decodeServer(wish.coordinator)
  if (wish.releaseKey !== undefined) {
    const text = new TextDecoder().decode(await readBytes(world.terminal, wish.releaseKey, MAX_KEYS_BYTES))
    const keys = decodeReleaseKeys(text, wish.releaseKey)
    return { ...(await provenRelease(world, api, wish.channel, keys)), coordinatorUrl }
  }
  const { items, broken } = await api.releases.list({ signal })
  const found = items.find(({ channel }) => channel === wish.channel)
  if (found !== undefined) {
    const { releaseKeys, ...release } = found
    return { release, releaseKeys, coordinatorUrl }
  }
  const why = broken.find(({ channel }) => channel === wish.channel)?.detail
  const others = items.map(({ channel }) => channel).join(', ')
  throw new CliError(
    'not-found',
    why === undefined
      ? `The coordinator serves no agent in the channel "${wish.channel}"`
      : `The channel "${wish.channel}" cannot be used: ${why}`,
    { hint: others === '' ? 'Its operator publishes releases: see docs/guides/bootstrap.md.' : `There is: ${others}.` },
  )
}

async function provenRelease(world: CliWorld, api: ApiClient, channel: string, keys: readonly ReleaseKey[]) {
  const path = `/dist/${channelPath(channel)}`
  const response = await api.requester.open({ method: 'GET', path, signal: world.signal }, { accept: '*/*' })
  const decoder = new TextDecoder('latin1')
  let token = ''
  for await (const chunk of response.body === null ? [] : chunksOf(response.body)) {
    token += decoder.decode(chunk)
    // One more than is read: the reader of channels says that it is too long.
    if (token.length > MAX_CHANNEL_CHARS) break
  }
  const { release, key } = await openChannel(token, { keys, channel })
  return { release, releaseKeys: [key, ...keys.filter((other) => other !== key)] }
}

/**
 * The texts that ride along: a context by name or from a file, and a join section from a file.
 *
 * @throws {CliError} invalid-context, not-found, bad-file and others of stored contexts
 */
export async function riderText(
  world: CliWorld,
  wanted: string | undefined,
  wish: UserDataWish,
): Promise<{ readonly context?: string; readonly join?: string }> {
  const context = wanted === undefined ? undefined : await contextText(world, wanted, wish.passphraseFile)
  const join =
    wish.join === undefined
      ? undefined
      : new TextDecoder().decode(await readBytes(world.terminal, wish.join, MAX_USER_DATA_BYTES))
  return { ...(context === undefined ? {} : { context }), ...(join === undefined ? {} : { join }) }
}

async function contextText(world: CliWorld, wanted: string, passphraseFile: string | undefined): Promise<string> {
  if (wanted === STANDARD_INPUT || wanted.includes('/') || wanted.endsWith('.context')) {
    const checked = await checkContext(world, wanted, {})
    if (checked.diagnostics.length > 0) world.terminal.warn(showDiagnostics(world, checked, false))
    if (checked.plan === undefined) throw invalidContext(checked)
    return checked.text
  }
  const version = await findVersion(world, await openServer(world), parseContextName(wanted))
  return await plainText(world, version, passphraseFile)
}

/** Whether only the machine itself reaches an address. */
export function isLoopback(address: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(address).hostname)
}

import { type ApiClient, createApiClient } from '@muster/contexts/api/client.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { CliError } from './cli-error.ts'
import { loadCredentials } from './credentials.ts'
import { version } from './version.ts'
import type { CliWorld } from './world.ts'

/** Header that tells the coordinator which program asks. */
const USER_AGENT = `muster/${version}`

/**
 * Reads an address as people type it: without scheme it is https, away from loopback; a path in front of the API stays.
 *
 * @throws {CliError} usage - no address of a coordinator
 */
export function decodeServer(input: string): string {
  const typed = input.trim()
  const scheme = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(typed) ? 'http' : 'https'
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `${scheme}://${typed}`)
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url === null || !isWeb || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new CliError('usage', `"${input}" is not the address of a coordinator`, {
      hint: 'Write it as https://muster.example.org.',
    })
  }
  return url.origin + url.pathname.replace(/\/+$/, '')
}

/** True when what is sent there can be read on its way. */
export function isReadableOnItsWay(server: string): boolean {
  const { protocol, hostname } = new URL(server)
  return protocol === 'http:' && !/^(localhost|127\.|\[::1\])/.test(hostname)
}

/**
 * The coordinator to ask: --server, MUSTER_SERVER, or the one signed in to last.
 *
 * @throws {CliError} no-server
 */
export async function findServer(world: CliWorld): Promise<string> {
  const named = world.server ?? world.environment.server
  if (named !== undefined) return decodeServer(named)
  const { server } = await loadCredentials(world.environment.configFolder)
  if (server !== undefined) return server
  throw new CliError('no-server', 'No coordinator is known yet', {
    hint: 'Sign in with "muster login --server URL", or set MUSTER_SERVER.',
  })
}

/** A client without a token. */
export function connect(world: CliWorld, server: string, token?: Secret): ApiClient {
  return createApiClient({ baseUrl: server, fetch: world.fetch, random: world.random, token, userAgent: USER_AGENT })
}

/**
 * A client for the coordinator with the stored token, or that of MUSTER_TOKEN.
 *
 * @throws {CliError} no-server, not-signed-in
 */
export async function openServer(world: CliWorld): Promise<ApiClient> {
  const server = await findServer(world)
  const stored = await loadCredentials(world.environment.configFolder)
  const token = world.environment.token ?? stored.signIns[server]?.token
  if (token !== undefined) return connect(world, server, new Secret(token))
  throw new CliError('not-signed-in', `You are not signed in to ${server}`, {
    hint: `Run: muster login --server ${server}`,
  })
}

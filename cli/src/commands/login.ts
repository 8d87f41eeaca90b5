import { ApiError } from '@muster/contexts/api/api-error.ts'
import type { ApiClient } from '@muster/contexts/api/client.ts'
import { createCookieFetch } from '@muster/contexts/api/cookie-fetch.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { printable } from '@muster/contexts/userdata/printable.ts'
import type { DeviceAuthorization, IssuedToken, Scope, Session } from '@muster/contexts/wire/accounts.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandHost } from '../command-host.ts'
import { saveSignIn } from '../credentials.ts'
import { readSecretLine } from '../passphrase.ts'
import { connect, findServer, isReadableOnItsWay } from '../server.ts'
import type { CliWorld } from '../world.ts'

interface LoginOptions {
  readonly tokenStdin?: boolean
  readonly passwordStdin?: boolean
  readonly login?: string
}

/** What a command line may do: everything but to make further tokens. */
const SCOPES: readonly Scope[] = [
  'contexts:read',
  'contexts:write',
  'machines:read',
  'machines:write',
  'clusters:read',
  'clusters:write',
  'pairings:claim',
  'events:read',
]
const TOKEN_DAYS = 90
/** Added to the pace of asking when the coordinator wants it slower (RFC 8628, 3.5). */
const SLOW_DOWN_MS = 5_000
const MAX_PAUSE_MS = 60_000

const EXAMPLES = `
Examples:
  muster login --server https://muster.example.org     shows a code to approve in the browser
  muster login --token-stdin < token.txt               with a token made on the account page
  muster login --login alice --password-stdin < pw     for scripts; keeps a token, not the password`

/** `muster login` */
export function addLogin(parent: Command, host: CommandHost): void {
  const command = parent
    .command('login')
    .description('sign in to a coordinator; the token is kept in a file that only you can read')
    .option('--token-stdin', 'read an API token from standard input')
    .option('--password-stdin', 'read the password from standard input; needs --login')
    .option('--login <name>', 'sign-in name for --password-stdin')
    .addHelpText('after', EXAMPLES)
  command.action((options: LoginOptions) => host.run(command, (world) => login(world, options)))
}

async function login(world: CliWorld, options: LoginOptions): Promise<ExitCode> {
  const server = await findServer(world)
  if (isReadableOnItsWay(server)) world.terminal.warn(`warning: ${server} is not encrypted; anybody between may read`)
  const token = await obtainToken(world, server, options)
  const session = await connect(world, server, token).accounts.session({ signal: world.signal })
  await saveSignIn(world.environment.configFolder, server, {
    token: token.reveal(),
    login: session.account.login,
    expiresAt: session.expiresAt,
  })
  world.terminal.print(`Signed in to ${server} as ${printable(session.account.login)} until ${session.expiresAt}.`)
  world.terminal.printJson(signInJson(server, session))
  return EXIT.done
}

/** A session as the commands print it. */
export function signInJson(server: string, session: Session): Readonly<Record<string, unknown>> {
  const { account, scopes, expiresAt } = session
  return { server, login: account.login, accountId: account.id, scopes, expiresAt }
}

async function obtainToken(world: CliWorld, server: string, options: LoginOptions): Promise<Secret> {
  if (options.tokenStdin === true && options.passwordStdin === true) {
    throw new CliError('usage', '--token-stdin and --password-stdin exclude each other')
  }
  if (options.tokenStdin === true) return await readSecretLine(world, '-', 'token')
  if (options.passwordStdin === true) return await tokenByPassword(world, server, options.login)
  if (options.login !== undefined) throw new CliError('usage', '--login needs --password-stdin')
  return await tokenByDevice(world, connect(world, server))
}

async function tokenByPassword(world: CliWorld, server: string, name: string | undefined): Promise<Secret> {
  if (name === undefined) throw new CliError('usage', '--password-stdin needs --login NAME')
  const password = await readSecretLine(world, '-', 'password')
  const fetch = createCookieFetch(world.fetch, new URL(server).origin)
  const { accounts } = connect({ ...world, fetch }, server)
  const call = { signal: world.signal }
  await accounts.signIn({ login: name, password: password.reveal() }, call)
  const token = { name: clientName(world), scopes: [...SCOPES], expiresInDays: TOKEN_DAYS }
  const issued = await accounts.createToken(token, call)
  await accounts.signOut(call)
  return new Secret(issued.token)
}

async function tokenByDevice(world: CliWorld, api: ApiClient): Promise<Secret> {
  const device = await api.accounts.startDevice(clientName(world), { signal: world.signal })
  const { terminal } = world
  terminal.warn(`Your one-time code: ${terminal.paint('bold', printable(device.userCode), 'errors')}`)
  terminal.warn(`Open ${terminal.paint('cyan', printable(device.verificationUri), 'errors')} and type it there.`)
  terminal.note('Waiting for your approval; Ctrl-C gives up …')
  const issued = await waitForApproval(world, api, device)
  return new Secret(issued.token)
}

async function waitForApproval(world: CliWorld, api: ApiClient, device: DeviceAuthorization): Promise<IssuedToken> {
  let pauseMs = Math.max(1, device.intervalSeconds) * 1000
  for (;;) {
    await world.clock.sleep(pauseMs, world.signal)
    try {
      return await api.accounts.deviceToken(device.deviceCode, { signal: world.signal })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.code === 'slow-down') pauseMs = Math.min(MAX_PAUSE_MS, pauseMs + SLOW_DOWN_MS)
      else if (error.code !== 'authorization-pending' && !error.isTransient) throw error
    }
  }
}

function clientName(world: CliWorld): string {
  return printable(`muster on ${world.environment.hostname}`).slice(0, 100)
}

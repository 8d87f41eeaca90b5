import { readFile } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { type ConfigOf, decodeConfigText, type Field, type FieldDecoder, oneOf } from '@muster/runtime/config.ts'
import { ConfigError } from '@muster/runtime/config-error.ts'
import { defaultStateDirectory } from '../apply/state-directory.ts'
import { chooseDnsEndpoint, dnsEndpoint, type Endpoint, loopbackEndpoint } from '../directory/endpoint.ts'
import { systemCode } from '../identity/agent-error.ts'
import { UPDATE_FIELDS, type UpdateSettings, updateSettingsOf } from '../update/update-settings.ts'

/** How the agent of this machine runs. */
export interface AgentSettings {
  /** Base URL without a slash at its end. */
  readonly coordinatorUrl: string
  /** `/`, or a tree that is the machine. */
  readonly root: string
  readonly stateDir: string
  /** A path, `stdout` or `none`. */
  readonly console: string
  readonly consoleMode: ConsoleMode
  readonly issue: string | undefined
  readonly logFormat: 'json' | 'human'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** Where names of services are answered when the machine is in a cluster; undefined: nowhere. */
  readonly dnsListen: Endpoint | undefined
  /** Where metrics are given when the machine is in a cluster; undefined: nowhere. */
  readonly metricsListen: Endpoint | undefined
  /** Whether the context in the user-data of the machine is applied. */
  readonly isUserDataUsed: boolean
  readonly updates: UpdateSettings
}

/** `auto`: a screen where the console can be redrawn, else serial. */
export type ConsoleMode = 'auto' | 'screen' | 'serial'

/** What the command line may say in place of the file. */
export interface AgentFlags {
  readonly config?: string
  readonly coordinator?: string
  readonly root?: string
  readonly state?: string
  readonly console?: string
  readonly consoleMode?: string
  readonly issue?: string
  readonly logFormat?: string
  readonly logLevel?: string
  readonly dnsListen?: string
  readonly metricsListen?: string
  readonly userData?: string
}

/** The file that is read when no other is named; it may be missing. */
export const DEFAULT_CONFIG_PATH = '/etc/muster/agent.conf'

const url: FieldDecoder<string> = (value) => {
  const parsed = URL.parse(value)
  const isUsable =
    parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === '' && parsed.password === ''
  if (!isUsable || parsed.search !== '' || parsed.hash !== '') {
    return { problem: 'must be an address like https://muster.example.org' }
  }
  return { value: value.replace(/\/+$/, '') }
}

const absolutePath: FieldDecoder<string> = (value) =>
  isAbsolute(value) ? { value } : { problem: 'must be an absolute path' }

const consoleTarget: FieldDecoder<string> = (value) =>
  value === 'stdout' || value === 'none' || isAbsolute(value)
    ? { value }
    : { problem: 'must be stdout, none, or an absolute path' }

const FIELDS = {
  coordinator: { decode: url, default: '' },
  root: { decode: absolutePath, default: '/' },
  state: { decode: absolutePath, default: '' },
  console: { decode: consoleTarget, default: 'stdout' },
  console_mode: { decode: oneOf('auto', 'screen', 'serial'), default: 'auto' },
  issue: { decode: absolutePath, default: '' },
  log_format: { decode: oneOf('json', 'human'), default: 'json' },
  log_level: { decode: oneOf('debug', 'info', 'warn', 'error'), default: 'info' },
  dns_listen: { decode: dnsEndpoint, default: 'auto' },
  metrics_listen: { decode: loopbackEndpoint, default: 'off' },
  user_data: { decode: oneOf('auto', 'on', 'off'), default: 'auto' },
  ...UPDATE_FIELDS,
} as const satisfies Readonly<Record<string, Field<unknown>>>

/**
 * The settings from the configuration file, with what the command line says in place of it.
 *
 * @throws {ConfigError} unreadable - a named file that cannot be read; invalid - a bad value or unknown key; missing -
 * no coordinator and `needsCoordinator`
 */
export async function loadAgentSettings(
  flags: AgentFlags,
  options: { readonly needsCoordinator: boolean },
): Promise<AgentSettings> {
  const path = flags.config ?? DEFAULT_CONFIG_PATH
  const content = await readConfig(path, flags.config !== undefined)
  const file = decodeConfigText(content, path, FIELDS)
  const given = decodeFlags(flags)
  const merged = { ...file, ...given }
  const root = resolve(merged.root)
  if (options.needsCoordinator && merged.coordinator === '') {
    throw new ConfigError('missing', 'No coordinator is configured', {
      hint: `Give --coordinator URL, or write "coordinator = https://…" into ${path}.`,
    })
  }
  return Object.freeze({
    coordinatorUrl: merged.coordinator,
    root,
    stateDir: merged.state === '' ? await defaultStateDirectory(root) : merged.state,
    console: merged.console,
    consoleMode: merged.console_mode,
    issue: merged.issue === '' ? undefined : merged.issue,
    logFormat: merged.log_format,
    logLevel: merged.log_level,
    dnsListen: chooseDnsEndpoint(merged.dns_listen, { root, isPrivileged: process.geteuid?.() === 0 }),
    metricsListen: merged.metrics_listen === 'off' ? undefined : merged.metrics_listen,
    // A tree has no cloud of its own; what lies in it may be an image that is being made.
    isUserDataUsed: merged.user_data === 'auto' ? root === '/' : merged.user_data === 'on',
    updates: updateSettingsOf(merged),
  })
}

async function readConfig(path: string, isNamed: boolean): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (!isNamed && systemCode(cause) === 'ENOENT') return ''
    throw new ConfigError('unreadable', `${path} cannot be read (${systemCode(cause) ?? 'error'})`, {
      cause,
      hint: 'Check that the file exists and that this user may read it.',
    })
  }
}

type Settings = ConfigOf<typeof FIELDS>
/** How a machine is updated stands in its file alone. */
type FlagKey = Exclude<keyof Settings, keyof typeof UPDATE_FIELDS>

/** Flags have the names and rules of the file's keys; paths may be relative to where the command is typed. */
function decodeFlags(flags: AgentFlags): Partial<Settings> {
  const asPath = (value: string | undefined) => (value === undefined ? undefined : resolve(value))
  const isWord = flags.console === 'stdout' || flags.console === 'none'
  const texts: Readonly<Record<FlagKey, string | undefined>> = {
    coordinator: flags.coordinator,
    root: asPath(flags.root),
    state: asPath(flags.state),
    console: isWord ? flags.console : asPath(flags.console),
    console_mode: flags.consoleMode,
    issue: asPath(flags.issue),
    log_format: flags.logFormat,
    log_level: flags.logLevel,
    dns_listen: flags.dnsListen,
    metrics_listen: flags.metricsListen,
    user_data: flags.userData,
  }
  const result: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(texts)) {
    if (value === undefined) continue
    const decoded = FIELDS[key as FlagKey].decode(value)
    if ('problem' in decoded) {
      throw new ConfigError('invalid', `--${key.replace('_', '-')} ${decoded.problem}`, {
        hint: 'See muster-agent run --help.',
      })
    }
    result[key] = decoded.value
  }
  return result
}

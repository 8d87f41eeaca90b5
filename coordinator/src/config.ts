import { join } from 'node:path'
import {
  type ConfigOf,
  decodeConfigText,
  type Fields,
  flag,
  integer,
  loadConfig,
  oneOf,
  text,
} from '@muster/runtime/config.ts'
import { ConfigError } from '@muster/runtime/config-error.ts'
import { decodeMesh, type MeshConfig, multiaddrs } from './mesh/config.ts'
import type { ListenAddress } from './service.ts'
import type { StoreLocation } from './store/store.ts'

const DEFAULT_LISTEN = '127.0.0.1:8080'
/** The port that libp2p programs commonly use. */
const DEFAULT_MESH_LISTEN = '/ip4/0.0.0.0/tcp/4001'
/** Used by `serve` of a system account; a checkout has its own folder. */
const SYSTEM_DATA = '/var/lib/muster-coordinator'
const LOCAL_DATA = 'muster-data'

const FIELDS = {
  listen: { decode: text, default: '' },
  data: { decode: text, default: '' },
  'public-url': { decode: httpUrl, default: '' },
  'web-root': { decode: text, default: '' },
  'dist-dir': { decode: text, default: '' },
  'release-keys': { decode: text, default: '' },
  registration: { decode: oneOf('open', 'closed'), default: 'open' },
  'trusted-proxies': { decode: text, default: '' },
  'log-level': { decode: oneOf('debug', 'info', 'warn', 'error', 'silent'), default: 'info' },
  'log-format': { decode: oneOf('json', 'human'), default: 'json' },
  'stop-timeout-seconds': { decode: integer(1, 600), default: 10 },
  'process-metrics': { decode: flag, default: true },
  mesh: { decode: flag, default: true },
  'mesh-listen': { decode: multiaddrs, default: [DEFAULT_MESH_LISTEN] },
  'mesh-announce': { decode: multiaddrs, default: [] },
  'mesh-relay': { decode: flag, default: true },
  'mesh-multicast': { decode: flag, default: false },
  'mesh-key-file': { decode: text, default: '' },
} as const satisfies Fields

/** What the operator decided. */
export interface CoordinatorConfig {
  readonly listen: ListenAddress
  readonly store: StoreLocation
  readonly publicUrl: string | undefined
  readonly webRoot: string
  /** Undefined when no agents are served. */
  readonly releases: ReleaseConfig | undefined
  readonly isRegistrationOpen: boolean
  readonly trustedProxies: readonly string[]
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'; readonly format: 'json' | 'human' }
  readonly stopTimeoutMs: number
  readonly hasProcessMetrics: boolean
  /** Undefined when this coordinator takes no part in any mesh. */
  readonly mesh: MeshConfig | undefined
}

/** Where the releases are. */
export interface ReleaseConfig {
  readonly folder: string
  /** File with the keys whose releases are believed; undefined: those that signed what is in the folder. */
  readonly keysFile: string | undefined
}

/** Options of the command line; they win over the file. */
export interface CommandOptions {
  readonly listen?: string
  readonly data?: string
  readonly publicUrl?: string
  readonly distDir?: string
  /** Multiaddr, or `off`. */
  readonly meshListen?: string
  readonly config?: string
}

/** What the process was started in. */
export interface ProcessFacts {
  readonly databaseUrl: string | undefined
  /** MUSTER_MESH_KEY_FILE */
  readonly meshKeyFile: string | undefined
  readonly isRoot: boolean
  readonly folder: string
  /** Where a checkout has its built pages. */
  readonly builtPages: string
}

/**
 * Puts the configuration together: command line, then file, then defaults.
 *
 * @throws {ConfigError} missing, invalid, unreadable
 */
export async function readConfig(options: CommandOptions, facts: ProcessFacts): Promise<CoordinatorConfig> {
  const file =
    options.config === undefined ? decodeConfigText('', 'defaults', FIELDS) : await loadConfig(options.config, FIELDS)
  const publicUrl = options.publicUrl ?? file['public-url']
  const problem = publicUrl === '' ? undefined : httpUrl(publicUrl)
  if (problem !== undefined && 'problem' in problem) throw invalid(`--public-url ${problem.problem}`)
  const store = locateStore(options.data ?? file.data, facts)
  return {
    listen: decodeListen(options.listen ?? (file.listen || DEFAULT_LISTEN)),
    store,
    publicUrl: publicUrl === '' ? undefined : publicUrl,
    webRoot: file['web-root'] || facts.builtPages,
    releases: releasesOf(options.distDir ?? file['dist-dir'], file['release-keys']),
    isRegistrationOpen: file.registration === 'open',
    trustedProxies: file['trusted-proxies'].split(/[\s,]+/).filter((entry) => entry !== ''),
    log: { level: file['log-level'], format: file['log-format'] },
    stopTimeoutMs: file['stop-timeout-seconds'] * 1000,
    hasProcessMetrics: file['process-metrics'],
    mesh: meshOf(file, store, options, facts),
  }
}

function releasesOf(folder: string, keysFile: string): ReleaseConfig | undefined {
  if (folder === '' && keysFile !== '') throw invalid('release-keys is of no use without dist-dir')
  return folder === '' ? undefined : { folder, keysFile: keysFile || undefined }
}

function meshOf(
  file: ConfigOf<typeof FIELDS>,
  store: StoreLocation,
  { meshListen }: CommandOptions,
  facts: ProcessFacts,
): MeshConfig | undefined {
  return decodeMesh({
    isOn: file.mesh,
    listen: file['mesh-listen'],
    commandListen: meshListen,
    announce: file['mesh-announce'],
    isRelay: file['mesh-relay'],
    isMulticastEnabled: file['mesh-multicast'],
    keyFile: file['mesh-key-file'] || facts.meshKeyFile || undefined,
    dataFolder: store.kind === 'sqlite' ? store.folder : undefined,
  })
}

function locateStore(data: string, facts: ProcessFacts): StoreLocation {
  if (facts.databaseUrl !== undefined && facts.databaseUrl !== '') return { kind: 'postgres', url: facts.databaseUrl }
  const folder = data || (facts.isRoot ? SYSTEM_DATA : join(facts.folder, LOCAL_DATA))
  return { kind: 'sqlite', folder }
}

/** `HOST:PORT`, `[IPV6]:PORT` or `:PORT` for all addresses. */
function decodeListen(value: string): ListenAddress {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(value)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) throw invalid(`listen must be HOST:PORT, not "${value}"`)
  return { host: match[1] ?? (match[2] || '::'), port }
}

function httpUrl(value: string): { readonly value: string } | { readonly problem: string } {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    return { problem: 'must be an http or https address' }
  }
  const { pathname, search } = new URL(value)
  return pathname === '/' && search === '' ? { value } : { problem: 'must be an origin, without a path' }
}

function invalid(message: string): ConfigError {
  return new ConfigError('invalid', message, { hint: 'See docs/operations.md.' })
}

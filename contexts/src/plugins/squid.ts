import type { Resource } from '../plan/resource.ts'
import { createProblemList } from '../userdata/problem.ts'
import { isHostName, isSafePath } from './names.ts'
import { optionFinder, parseInteger, splitEntries } from './option-values.ts'
import { defineContextPlugin } from './plugin.ts'
import type { PluginSchema } from './schema.ts'

const DEFAULT_CACHE_DIR = '/var/spool/squid'
/** Size of the cache on disk, in MB as squid counts. */
const DEFAULT_CACHE_SIZE = 50_000
const MAX_CACHE_SIZE = 100_000_000

const CONFIG = '/etc/squid/squid.conf'
const OWN_CONFIG = '/etc/squid/cernvm.conf'
const SYSCONFIG = '/etc/sysconfig/squid'
/** Making the directories of a large cache takes a while. */
const INITIALIZE_TIMEOUT_SECONDS = 300

const schema: PluginSchema = {
  description: 'Makes the machine a caching web proxy for CernVM-FS. Squid itself has to be installed.',
  keys: [
    {
      key: 'backends',
      type: 'list',
      description: 'Servers that clients may reach through the proxy; without any, the rules of squid.conf alone hold.',
      example: 'cvmfs-stratum-one.cern.ch,cernvmfs.gridpp.rl.ac.uk',
    },
    {
      key: 'cache_dir',
      type: 'text',
      default: DEFAULT_CACHE_DIR,
      description: 'Directory of the cache.',
      example: '/var/spool/squid',
    },
    {
      key: 'cache_dir_size',
      type: 'integer',
      minimum: 1,
      maximum: MAX_CACHE_SIZE,
      default: `${DEFAULT_CACHE_SIZE}`,
      description: 'Size of the cache on disk in MB.',
      example: '20000',
    },
  ],
}

interface SquidSettings {
  readonly backends: readonly string[]
  readonly cacheDir: string
  readonly cacheSize: number
}

/** `[squid]` (CONTEXT-SPEC 2.4); also without a section, with its defaults. */
export const squidPlugin = defineContextPlugin<SquidSettings>({
  name: 'squid',
  section: 'squid',
  title: 'Squid proxy',
  schema,
  decode(section) {
    const find = optionFinder(section, schema)
    const problems = createProblemList()
    const backends = splitEntries(find('backends'))
    for (const { text, span } of backends) {
      if (!isHostName(text)) problems.add('invalid-value', span, 'This is no host name', 'Separate hosts by commas.')
    }
    const dir = find('cache_dir')
    if (dir !== undefined && dir.value !== '' && !isSafePath(dir.value)) {
      problems.add('invalid-value', dir.valueSpan, 'This is no absolute path without blanks and ".."')
    }
    const settings: SquidSettings = {
      backends: [...new Set(backends.map(({ text }) => text))],
      cacheDir: dir?.value || DEFAULT_CACHE_DIR,
      cacheSize: parseInteger(find('cache_dir_size')?.value ?? '') ?? DEFAULT_CACHE_SIZE,
    }
    const diagnostics = problems.all()
    return { settings: diagnostics.length > 0 ? undefined : settings, diagnostics }
  },
  plan: ({ settings }) => planSquid(settings),
})

function planSquid(settings: SquidSettings): readonly Resource[] {
  const origin = { plugin: 'squid' }
  const content = new TextEncoder().encode(squidConfig(settings))
  return [
    { kind: 'file', path: OWN_CONFIG, content, mode: 0o644, owner: {}, origin },
    {
      kind: 'edit',
      path: CONFIG,
      edits: [{ edit: 'first-line', line: `include ${OWN_CONFIG}` }],
      whenMissing: 'create',
      mode: 0o644,
      origin,
    },
    {
      kind: 'edit',
      path: SYSCONFIG,
      edits: [
        { edit: 'remove-matching', pattern: '^\\s*ulimit\\s+-n\\s+(?!10000$)' },
        { edit: 'line', line: 'ulimit -n 10000' },
      ],
      whenMissing: 'create',
      mode: 0o644,
      origin,
    },
    {
      kind: 'command',
      name: 'squid-cache',
      argv: ['/usr/sbin/squid', '-z', '-N'],
      completion: { creates: `${settings.cacheDir}/00` },
      timeoutSeconds: INITIALIZE_TIMEOUT_SECONDS,
      onFailure: 'continue',
      origin,
    },
    { kind: 'service', unit: 'squid', restartOn: [OWN_CONFIG, CONFIG, SYSCONFIG], origin },
  ]
}

function squidConfig({ backends, cacheDir, cacheSize }: SquidSettings): string {
  const lines = [
    'max_filedesc 8192',
    'maximum_object_size 1024 MB',
    'cache_mem 128 MB',
    'maximum_object_size_in_memory 128 KB',
    `cache_dir ufs ${cacheDir} ${cacheSize} 16 256`,
    ...backends.map((host) => `acl backend dst ${host}`),
    ...(backends.length > 0 ? ['http_access allow backend'] : []),
  ]
  return `${lines.join('\n')}\n`
}

/** Section that selects plugins. */
export const SELECTION_SECTION = 'amiconfig'
export const BOOT_BLOCK_BEGIN = 'ucernvm-begin'
export const BOOT_BLOCK_END = 'ucernvm-end'

/** Sections of plugins: those of the old agent (CONTEXT-SPEC 2), whether this version has them or not, and newer ones. */
export const PLUGIN_SECTIONS = [
  'cernvm',
  'hostname',
  'squid',
  'condor',
  'elastiq-setup',
  'vaf-setup',
  'ganglia',
  'nss',
  'amildap',
  'yp',
  'puppet',
  'tcpbuffers',
  'workqueue',
  'appliance-agent',
  'disablesshpasswdauth',
  'rootsshkeys',
  'dnsupdate',
  'noip',
  'openvpn',
  'storage',
  'sfcb-client-setup',
  'hepix',
  'muster',
] as const

/** Sections that nobody reads any more, but that were written by the old web site. */
export const OTHER_SECTIONS = ['rpath', 'cernvm_appliance'] as const

const KNOWN: ReadonlySet<string> = new Set([SELECTION_SECTION, BOOT_BLOCK_BEGIN, ...PLUGIN_SECTIONS, ...OTHER_SECTIONS])

/** All names that end a leading script, lower case. */
export function knownSections(): ReadonlySet<string> {
  return KNOWN
}

/**
 * Name inside the brackets of a section header: `[` in the first column, at least one character, the first `]`.
 *
 * @returns as written, with spaces; undefined when the line is no header
 */
export function headerName(text: string): string | undefined {
  if (!text.startsWith('[')) return undefined
  const close = text.indexOf(']')
  return close > 1 ? text.slice(1, close) : undefined
}

/** Lower-case name of a header that this family of programs knows. */
export function knownHeader(text: string): string | undefined {
  const name = headerName(text)?.toLowerCase()
  return name !== undefined && KNOWN.has(name) ? name : undefined
}

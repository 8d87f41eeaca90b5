import { SELECTION_SCHEMA } from '../plan/select-plugins.ts'
import { BOOT_KEY_ALIASES, BOOT_KEYS } from '../userdata/boot-keys.ts'
import { DIAGNOSTIC_CODES } from '../userdata/diagnostic-codes.ts'
import { PLUGIN_ORDER, PLUGINS } from './registry.ts'
import type { KeySchema, PluginSchema } from './schema.ts'

/** How the types of options are called, and what is written for them. */
const TYPE_NAMES: Readonly<Record<KeySchema['type'], string>> = {
  text: 'text',
  boolean: '`on` or `off` (also `yes`, `true`, `1`, `no`, `false`, `0`)',
  integer: 'whole number',
  choice: 'one of a list',
  list: 'list, separated by commas',
  users: 'list of `NAME:GROUP:PASSWORD`, separated by commas',
  environment: 'list of `NAME=VALUE`, separated by commas',
  base64: 'base64',
  icons: 'list of `NAME,BASE64`, separated by `%`',
  repositories: 'list of `NAME|SERVER|BASE64KEY`, separated by commas',
}

/** The reference page of all sections and options, in Markdown: made of the schemas that check them. */
export function renderPluginReference(): string {
  const plugins = PLUGIN_ORDER.flatMap((name) => {
    const plugin = PLUGINS.get(name)
    if (plugin === undefined) return []
    return [`## \`[${plugin.section}]\`: ${plugin.title}\n\nPlugin \`${name}\`. ${renderSchema(plugin.schema)}`]
  })
  return [
    '# Plugins and their options',
    '',
    'Each section of a context is read by the plugin of that name. Options are `KEY=VALUE`, one in a line. Plugins run in the order of this page.',
    '',
    `## \`[amiconfig]\`: Selection of plugins\n\n${renderSchema(SELECTION_SCHEMA)}`,
    ...plugins,
    renderBootKeys(),
    '',
  ].join('\n')
}

function renderSchema(schema: PluginSchema): string {
  return `${schema.description}\n${schema.keys.map(renderKey).join('')}`
}

function renderKey(key: KeySchema): string {
  const aliases = (key.aliases ?? []).map((alias) => ` or \`${alias}\``).join('')
  const facts = [`- Value: ${TYPE_NAMES[key.type]}${renderRange(key)}`]
  if (key.choices !== undefined) facts.push(`- Known values: ${key.choices.map((one) => `\`${one}\``).join(', ')}`)
  if (key.default !== undefined) facts.push(`- Default: \`${key.default}\``)
  if (key.example !== undefined) facts.push(`- Example: \`${key.key}=${key.example}\``)
  if (key.isRequired === true) facts.push('- Required')
  if (key.isSecret === true) facts.push('- Secret: never shown in plans, messages and logs')
  if (key.ignored !== undefined)
    return `\n### \`${key.key}\`${aliases}\n\n${key.description} Ignored: ${key.ignored}.\n`
  return `\n### \`${key.key}\`${aliases}\n\n${key.description}\n\n${facts.join('\n')}\n`
}

function renderRange(key: KeySchema): string {
  if (key.minimum !== undefined && key.maximum !== undefined) return `, ${key.minimum} to ${key.maximum}`
  return key.minimum === undefined ? '' : `, at least ${key.minimum}`
}

function renderBootKeys(): string {
  const rows = BOOT_KEYS.map(({ key, values, description }) => `| \`${key}\` | ${values} | ${description} |`)
  const aliases = Object.entries(BOOT_KEY_ALIASES).map(([alias, key]) => `\`${alias}\` is read as \`${key}\`.`)
  return [
    '## `[ucernvm-begin]` … `[ucernvm-end]`: Boot loader',
    '',
    'Settings for the boot loader of CernVM images, which reads them itself; other images ignore them. They are recorded and checked here, and never run as shell. Keys are compared without case.',
    '',
    '| key | value | effect |',
    '| --- | --- | --- |',
    ...rows,
    '',
    ...aliases,
  ].join('\n')
}

/** The reference page of all diagnostics, in Markdown. */
export function renderDiagnosticReference(): string {
  const rows = Object.entries(DIAGNOSTIC_CODES)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([code, { severity, meaning }]) => `| \`${code}\` | ${severity} | ${meaning} |`)
  return [
    '# Diagnostics of contexts',
    '',
    'All problems of a context are reported at once, each as `FILE:LINE:COLUMN: severity[code]: message`, usually with a hint. An `error` means that nothing is planned. A `warning` does so in strict mode only. An `info` never does.',
    '',
    '| code | severity | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

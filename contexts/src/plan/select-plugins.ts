import { PLUGIN_ORDER, PLUGINS, REMOVED_PLUGINS } from '../plugins/registry.ts'
import type { PluginSchema } from '../plugins/schema.ts'
import type { Diagnostic } from '../userdata/diagnostic.ts'
import type { Option, Section } from '../userdata/ini.ts'
import { printable, shorten } from '../userdata/printable.ts'
import { createProblemList, type ProblemList } from '../userdata/problem.ts'
import { didYouMean } from '../userdata/suggest.ts'
import { type Span, spanWithin } from '../userdata/text.ts'

/** What the configuration of a machine says about plugins; the context comes on top of it. */
export interface SystemPluginConfig {
  readonly enabled: readonly string[]
  /** Never run, whatever a context selects. */
  readonly disabled: readonly string[]
}

/** What every image of the family ships with. */
export const DEFAULT_SYSTEM_PLUGINS: SystemPluginConfig = { enabled: ['rootsshkeys', 'cernvm'], disabled: [] }

/** Options of `[amiconfig]`. */
export const SELECTION_SCHEMA: PluginSchema = {
  description:
    'Selects the plugins that read the other sections. rootsshkeys and cernvm are on by default, and muster where its section is.',
  keys: [
    {
      key: 'plugins',
      type: 'text',
      description: 'Plugins to run besides the default ones, separated by spaces or commas.',
      example: 'cernvm squid',
    },
    {
      key: 'disabled_plugins',
      type: 'text',
      description: 'Plugins not to run, the default ones included, separated by spaces or commas.',
      example: 'rootsshkeys',
    },
  ],
}

/** The selected names in the order of execution, those without a plugin in this version among them. */
export interface PluginSelection {
  readonly names: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Which plugins run (CONTEXT-SPEC 2.1): the system's and the context's, without those that either one disables. */
export function selectPlugins(
  section: Section | undefined,
  system: SystemPluginConfig = DEFAULT_SYSTEM_PLUGINS,
): PluginSelection {
  const problems = createProblemList()
  const wanted = namesOf(section?.options.get('plugins'))
  const unwanted = namesOf(section?.options.get('disabled_plugins'))
  const selected = new Set(system.enabled.map((name) => name.toLowerCase()))
  for (const [name, span] of wanted) if (isKnown(name, span, problems)) selected.add(name)
  for (const [name, span] of unwanted) if (isKnown(name, span, problems)) selected.delete(name)
  for (const written of system.disabled) {
    const name = written.toLowerCase()
    const span = wanted.get(name)
    if (span !== undefined && selected.has(name)) {
      const hint = 'Its administrator can allow it in the configuration of the agent.'
      problems.add('plugin-disabled-by-system', span, `This machine does not allow the plugin "${name}"`, hint)
    }
    selected.delete(name)
  }
  const names = PLUGIN_ORDER.filter((name) => selected.has(name))
  warnAboutUnavailable(names, wanted, problems)
  return { names, diagnostics: problems.all() }
}

function warnAboutUnavailable(
  names: readonly string[],
  wanted: ReadonlyMap<string, Span>,
  problems: ProblemList,
): void {
  for (const name of names) {
    const span = wanted.get(name)
    if (span === undefined || PLUGINS.has(name)) continue
    const hint = `Available are: ${[...PLUGINS.keys()].join(', ')}.`
    problems.add('plugin-not-available', span, `The plugin "${name}" does not exist in this version`, hint)
  }
}

function isKnown(name: string, span: Span, problems: ProblemList): boolean {
  if (PLUGIN_ORDER.includes(name)) return true
  const shown = printable(shorten(name, 60))
  if (REMOVED_PLUGINS.includes(name)) {
    problems.add('plugin-not-available', span, `The plugin "${shown}" does not exist any more`, 'Remove its name.')
  } else {
    problems.add('unknown-plugin', span, `There is no plugin "${shown}"`, () => didYouMean(name, PLUGIN_ORDER))
  }
  return false
}

/** Lower-case names between blanks and commas, each with its first place. */
function namesOf(option: Option | undefined): ReadonlyMap<string, Span> {
  const names = new Map<string, Span>()
  if (option === undefined) return names
  for (const match of option.value.matchAll(/[^\s,]+/g)) {
    const name = match[0].toLowerCase()
    if (!names.has(name)) names.set(name, spanWithin(option.valueSpan, option.value, match.index, match[0].length))
  }
  return names
}

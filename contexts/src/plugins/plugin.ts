import type { InstanceFacts } from '../plan/facts.ts'
import type { Resource } from '../plan/resource.ts'
import type { Diagnostic } from '../userdata/diagnostic.ts'
import type { Section } from '../userdata/ini.ts'
import { checkSection } from './check-section.ts'
import type { PluginSchema } from './schema.ts'

/** What a plugin makes of its section: settings, or nothing when an error makes them unusable, with all problems. */
export interface Decoded<S> {
  readonly settings: S | undefined
  readonly diagnostics: readonly Diagnostic[]
}

/** What a plugin plans from: its own settings and the facts of the machine. */
export interface PlanInput<S> {
  readonly settings: S
  readonly facts: InstanceFacts
}

/**
 * Code for one INI section of a context: total, synchronous and pure. The same input gives the same plan; no file,
 * network, clock or randomness. Every problem carries the span of the text that causes it.
 */
export interface ContextPlugin<S> {
  /** Name by which `plugins=` selects it, lower case. */
  readonly name: string
  /** Section that it reads, lower case; some plugins read none. */
  readonly section: string
  readonly title: string
  readonly schema: PluginSchema
  /** @param section - the merged section, or undefined when the context has none and the plugin runs by default */
  decode(section: Section | undefined): Decoded<S>
  plan(input: PlanInput<S>): readonly Resource[]
  /** Problems that show only beside the facts of a machine. */
  check?(input: PlanInput<S>): readonly Diagnostic[]
}

/** A plugin whose settings type is hidden, so that one table can hold all. */
export interface AnyContextPlugin {
  readonly name: string
  readonly section: string
  readonly title: string
  readonly schema: PluginSchema
  run(section: Section | undefined, facts: InstanceFacts): PluginResult
}

/** Resources (none after an error) and all problems of one plugin. */
export interface PluginResult {
  readonly resources: readonly Resource[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Hides the settings type of a plugin, and puts the checks of its schema before its own. */
export function defineContextPlugin<S>(plugin: ContextPlugin<S>): AnyContextPlugin {
  const { name, section, title, schema } = plugin
  return {
    name,
    section,
    title,
    schema,
    run(input, facts) {
      const decoded = plugin.decode(input)
      const diagnostics = [...(input === undefined ? [] : checkSection(input, schema)), ...decoded.diagnostics]
      const isUsable = diagnostics.every((one) => one.severity !== 'error')
      if (decoded.settings === undefined || !isUsable) return { resources: [], diagnostics }
      const planInput = { settings: decoded.settings, facts }
      const found = plugin.check?.(planInput) ?? []
      return { resources: plugin.plan(planInput), diagnostics: [...diagnostics, ...found] }
    },
  }
}

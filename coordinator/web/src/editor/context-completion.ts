import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import type { AnyContextPlugin } from '@muster/contexts/plugins/plugin.ts'
import type { KeySchema } from '@muster/contexts/plugins/schema.ts'
import { sectionAt } from './section-at.ts'

/** Completes sections, keys and values from the plugins' schemas. */
export function completeContext(plugins: readonly AnyContextPlugin[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const line = context.state.doc.lineAt(context.pos)
    const before = line.text.slice(0, context.pos - line.from)
    if (/^\[[\w.-]*$/.test(before)) return { from: line.from, options: sections(plugins), validFor: /^\[[\w.-]*$/ }
    const name = sectionAt((number) => context.state.doc.line(number).text, line.number)
    const plugin = plugins.find((candidate) => candidate.section === name)
    if (plugin === undefined) return null
    const value = /^([\w.-]+)[=:]\s*([\w.-]*)$/.exec(before)
    if (value !== null) {
      const [, key = '', typed = ''] = value
      const options = values(findKey(plugin, key))
      return options.length === 0 ? null : { from: context.pos - typed.length, options }
    }
    if (!/^[\w-]*$/.test(before) || (before === '' && !context.explicit)) return null
    return { from: line.from, options: keys(plugin), validFor: /^[\w-]*$/ }
  }
}

/** The schema of a key of a plugin by any of its spellings, in any case. */
export function findKey(plugin: AnyContextPlugin, key: string): KeySchema | undefined {
  const name = key.toLowerCase()
  return plugin.schema.keys.find((schema) => schema.key === name || schema.aliases?.includes(name) === true)
}

function sections(plugins: readonly AnyContextPlugin[]): Completion[] {
  const options = plugins
    .filter((plugin) => plugin.section !== '')
    .map((plugin) => ({
      label: `[${plugin.section}]`,
      detail: plugin.title,
      type: 'namespace',
      info: plugin.schema.description,
    }))
  return [{ label: '[amiconfig]', detail: 'Choice of plugins', type: 'namespace' }, ...options]
}

function keys(plugin: AnyContextPlugin): Completion[] {
  return plugin.schema.keys.map((schema) => ({
    label: schema.key,
    apply: `${schema.key}=`,
    detail: schema.ignored === undefined ? schema.type : 'ignored',
    type: 'property',
    info: schema.description,
    boost: schema.ignored === undefined ? 0 : -50,
  }))
}

function values(schema: KeySchema | undefined): Completion[] {
  if (schema === undefined) return []
  if (schema.type === 'boolean') return ['on', 'off'].map((label) => ({ label, type: 'constant' }))
  return (schema.choices ?? []).map((label) => ({ label, type: 'constant' }))
}

import { JOIN_SECTION } from '../cluster/join-section.ts'
import { digestText } from '../context/digest.ts'
import { checkSection } from '../plugins/check-section.ts'
import { PLUGINS } from '../plugins/registry.ts'
import { Secret } from '../secret.ts'
import type { Diagnostic } from '../userdata/diagnostic.ts'
import type { ContextDocument } from '../userdata/document.ts'
import type { IniPart } from '../userdata/ini.ts'
import { knownSections, OTHER_SECTIONS, SELECTION_SECTION } from '../userdata/known-sections.ts'
import { printDocument } from '../userdata/print.ts'
import { printable, shorten } from '../userdata/printable.ts'
import { createProblemList, problem, sortProblems } from '../userdata/problem.ts'
import { didYouMean } from '../userdata/suggest.ts'
import { START } from '../userdata/text.ts'
import type { InstanceFacts } from './facts.ts'
import { mergeResources } from './merge.ts'
import { type PlacedDocument, type PlaceholderSource, placeValues } from './placeholders.ts'
import type { PlanResult } from './plan.ts'
import type { Resource, ScriptResource } from './resource.ts'
import { DEFAULT_SYSTEM_PLUGINS, SELECTION_SCHEMA, type SystemPluginConfig, selectPlugins } from './select-plugins.ts'

/** Most resources of one plan. */
export const MAX_RESOURCES = 10_000
/** How long the leading script may run; the old agent let it run for ever. */
export const SCRIPT_TIMEOUT_SECONDS = 600

/** Choices of `planContext`. */
export interface PlanOptions {
  /** Warnings count as errors. @default false */
  readonly isStrict?: boolean
  /** @default DEFAULT_SYSTEM_PLUGINS */
  readonly system?: SystemPluginConfig
  /** @default examples */
  readonly placeholders?: PlaceholderSource
}

/**
 * What a context wants of one machine: pure, and the same for the same input.
 *
 * The leading script comes first or last; between, the plugins in their fixed order. All problems of the text, of the
 * selection, of the plugins and of contradicting wishes are in the result; with an error among them there is no plan.
 *
 * Placeholders are replaced first. While one of them has no value, the plan holds only how to join the cluster.
 */
export function planContext(written: ContextDocument, facts: InstanceFacts, options: PlanOptions = {}): PlanResult {
  const placed = placeValues(written, facts, options.placeholders ?? { kind: 'examples' })
  const { document, waitingFor, values } = placed
  const selection = selectPlugins(document.ini.sections.get(SELECTION_SECTION), systemFor(document, options))
  const diagnostics = [...document.diagnostics, ...placed.diagnostics, ...selection.diagnostics]
  diagnostics.push(...checkSections(document.ini, selection.names))
  const wishes: Resource[] = []
  for (const name of selection.names) {
    const plugin = PLUGINS.get(name)
    if (plugin === undefined) continue
    const result = plugin.run(document.ini.sections.get(plugin.section), facts)
    diagnostics.push(...result.diagnostics)
    wishes.push(...result.resources)
  }
  const merged = mergeResources(wishes)
  diagnostics.push(...merged.diagnostics)
  const resources = waitingFor.length > 0 ? merged.resources.filter(isOfJoining) : withScript(placed, merged.resources)
  if (resources.length > MAX_RESOURCES) diagnostics.push(tooMany(resources.length))
  const judged = sortProblems(options.isStrict === true ? diagnostics.map(asError) : diagnostics)
  const rest = { diagnostics: judged, waitingFor, values }
  if (judged.some((one) => one.severity === 'error')) return { ...rest, plan: undefined }
  return { ...rest, plan: { contextDigest: digestText(printDocument(written)), resources } }
}

/** A section that says how to join a cluster is enough to want it. */
function systemFor({ ini }: ContextDocument, options: PlanOptions): SystemPluginConfig {
  const system = options.system ?? DEFAULT_SYSTEM_PLUGINS
  return ini.sections.has(JOIN_SECTION) ? { ...system, enabled: [...system.enabled, JOIN_SECTION] } : system
}

/** Keys of the selecting section, sections that nobody reads, and sections whose plugin is not selected. */
function checkSections(ini: IniPart, selected: readonly string[]): readonly Diagnostic[] {
  const problems = createProblemList()
  const read = new Set([SELECTION_SECTION])
  for (const name of selected) read.add(PLUGINS.get(name)?.section ?? name)
  for (const section of ini.sections.values()) {
    const shown = printable(shorten(section.name, 60))
    if (read.has(section.name)) continue
    if (PLUGINS.has(section.name)) {
      const hint = `Write plugins=${section.name} in the section [${SELECTION_SECTION}].`
      problems.add('section-not-used', section.span, `The plugin of [${shown}] is not selected`, hint)
    } else if (knownSections().has(section.name)) {
      const isOld = OTHER_SECTIONS.some((one) => one === section.name)
      const message = `No plugin of this version reads [${shown}]`
      problems.add('section-not-used', section.span, message, isOld ? 'Remove the section.' : undefined)
    } else {
      const hint = (): string | undefined => didYouMean(section.name, knownSections())
      problems.add('unknown-section', section.span, `No plugin reads a section [${shown}]`, hint)
    }
  }
  const selection = ini.sections.get(SELECTION_SECTION)
  return [...problems.all(), ...(selection === undefined ? [] : checkSection(selection, SELECTION_SCHEMA))]
}

function isOfJoining(resource: Resource): boolean {
  return resource.origin.plugin === JOIN_SECTION
}

function withScript(
  { document: { script }, isScriptPlaced }: PlacedDocument,
  resources: readonly Resource[],
): readonly Resource[] {
  if (script?.phase === undefined) return resources
  const resource: ScriptResource = {
    kind: 'script',
    phase: script.phase,
    text: new Secret(script.text),
    digest: digestText(script.text),
    ...(isScriptPlaced ? { hasPlaceholders: true } : {}),
    interpreter: script.interpreter,
    timeoutSeconds: SCRIPT_TIMEOUT_SECONDS,
    onFailure: 'continue',
    origin: { plugin: 'script', span: script.span },
  }
  return script.phase === 'before' ? [resource, ...resources] : [...resources, resource]
}

function tooMany(count: number): Diagnostic {
  const message = `The context asks for ${count} things; at most ${MAX_RESOURCES} are applied`
  return problem('too-many-resources', START, message, 'Do the rest in the leading script.')
}

function asError(diagnostic: Diagnostic): Diagnostic {
  return diagnostic.severity === 'warning' ? { ...diagnostic, severity: 'error' } : diagnostic
}

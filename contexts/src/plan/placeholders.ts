import { JOIN_SECTION } from '../cluster/join-section.ts'
import type { Diagnostic } from '../userdata/diagnostic.ts'
import type { ContextDocument, LeadingScript } from '../userdata/document.ts'
import type { Option, Section } from '../userdata/ini.ts'
import { SELECTION_SECTION } from '../userdata/known-sections.ts'
import { createProblemList, type ProblemList } from '../userdata/problem.ts'
import { didYouMean } from '../userdata/suggest.ts'
import { type Span, spanWithin } from '../userdata/text.ts'
import type { InstanceFacts } from './facts.ts'
import { exampleOf, findPlaceholders, type Placeholder, placeholderWords } from './placeholder-forms.ts'

/**
 * Where the values of placeholders come from: `examples` for a look at a context away from any machine · `no-cluster` a
 * machine that is in none · `cluster` what its directory says now.
 */
export type PlaceholderSource =
  | { readonly kind: 'examples' }
  | { readonly kind: 'no-cluster' }
  | {
      readonly kind: 'cluster'
      /** By name: `service.head.address`, `cluster.name`, … */
      readonly values: ReadonlyMap<string, string>
      /** Names that this cluster may come to answer; for suggestions. */
      readonly known: readonly string[]
    }

/** A document whose placeholders are replaced. */
export interface PlacedDocument {
  readonly document: ContextDocument
  /** What was put in, by name. */
  readonly values: ReadonlyMap<string, string>
  /** What is not known yet, in words; while there is any, values that fit stand in, and nothing may be applied. */
  readonly waitingFor: readonly string[]
  readonly isScriptPlaced: boolean
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Values may only be made of these: they come from other machines, and are put into files and scripts.
 * @see findPlaceholders for the forms
 */
const SAFE_VALUE = /^[A-Za-z0-9.:_[\]-]{1,128}$/

/** Sections whose text the machine needs before it is in a cluster. */
const LITERAL_SECTIONS: readonly string[] = [SELECTION_SECTION, JOIN_SECTION]

/**
 * Replaces placeholders in the values of options and in the leading script. Spans go on pointing at the text as written,
 * so what is found later about a value points there. Sections `[amiconfig]` and `[muster]`, names, keys and the boot block
 * are left alone.
 */
export function placeValues(
  document: ContextDocument,
  facts: InstanceFacts,
  source: PlaceholderSource,
): PlacedDocument {
  const problems = createProblemList()
  const work: Work = {
    facts,
    source,
    problems,
    values: new Map(),
    waitingFor: new Set(),
    canJoin: document.ini.sections.has(JOIN_SECTION),
  }
  const sections = new Map<string, Section>()
  for (const [name, section] of document.ini.sections) {
    sections.set(name, LITERAL_SECTIONS.includes(name) ? section : placeSection(section, work))
  }
  const script = document.script === undefined ? undefined : placeScript(document.script, work)
  return {
    document: { ...document, script, ini: { ...document.ini, sections } },
    values: work.values,
    waitingFor: [...work.waitingFor],
    isScriptPlaced: findPlaceholders(document.script?.text ?? '').some(({ name }) => name !== undefined),
    diagnostics: problems.all(),
  }
}

interface Work {
  readonly facts: InstanceFacts
  readonly source: PlaceholderSource
  readonly problems: ProblemList
  readonly values: Map<string, string>
  readonly waitingFor: Set<string>
  /** The context itself brings the machine into a cluster. */
  readonly canJoin: boolean
}

function placeSection(section: Section, work: Work): Section {
  const options = new Map<string, Option>()
  for (const [key, option] of section.options) {
    const spanOf = (at: number, length: number) => spanWithin(option.valueSpan, option.value, at, length)
    options.set(key, { ...option, value: placeText(option.value, spanOf, work) })
  }
  return { ...section, options }
}

function placeScript(script: LeadingScript, work: Work): LeadingScript {
  return { ...script, text: placeText(script.text, placeFinder(script), work) }
}

function placeText(text: string, spanOf: (at: number, length: number) => Span, work: Work): string {
  let placed = ''
  let end = 0
  for (const found of findPlaceholders(text)) {
    const value = chosenValue(found, () => spanOf(found.at, found.text.length), work)
    placed += text.slice(end, found.at) + (value ?? found.text)
    end = found.at + found.text.length
  }
  return placed + text.slice(end)
}

/** @returns undefined: the text stays as it is */
function chosenValue(found: Placeholder, spanOf: () => Span, work: Work): string | undefined {
  const { name } = found
  if (name === undefined) {
    work.problems.add(
      'placeholder-unknown',
      spanOf(),
      `"${found.text}" is no placeholder and stays as it is`,
      found.hint,
    )
    return undefined
  }
  const { source, facts, problems } = work
  if (source.kind === 'examples') return exampleOf(name, facts)
  const value = (source.kind === 'cluster' ? source.values.get(name) : undefined) ?? ownFact(name, facts)
  if (value !== undefined && SAFE_VALUE.test(value)) {
    work.values.set(name, value)
    return value
  }
  const words = placeholderWords(name)
  if (source.kind === 'no-cluster' && !work.canJoin) {
    const hint = 'Apply this context on a machine of a cluster, or write the value itself.'
    problems.add(
      'placeholder-without-cluster',
      spanOf(),
      `This machine is in no cluster that could tell ${words}`,
      hint,
    )
  } else {
    work.waitingFor.add(words)
    problems.add('placeholder-unresolved', spanOf(), `Waiting for ${words}`, () => hintFor(name, source))
  }
  // Of the right form, so that the rest of the context can be checked; it is not applied.
  return exampleOf(name, facts)
}

/** What a machine knows of itself, in a cluster or not. */
function ownFact(name: string, facts: InstanceFacts): string | undefined {
  if (name === 'self.address') return facts.address
  return name === 'self.name' ? facts.hostname : undefined
}

function hintFor(name: string, source: PlaceholderSource): string | undefined {
  if (source.kind !== 'cluster' || source.known.includes(name)) return undefined
  const meant = didYouMean(name, source.known)
  return `The definition of this cluster has no such thing.${meant === undefined ? '' : ` ${meant}`}`
}

/**
 * Finds the place in the context of something in the script; asked from its start to its end, so that each line is
 * counted once. The whole script, when it was encoded in the context.
 */
function placeFinder(script: LeadingScript): (at: number, length: number) => Span {
  const { start, end } = script.span
  let { line } = start
  let lineStart = 0
  return (at, length) => {
    if (start.line === end.line) return script.span
    for (let next = script.text.indexOf('\n', lineStart); next !== -1 && next < at; ) {
      line += 1
      lineStart = next + 1
      next = script.text.indexOf('\n', lineStart)
    }
    const column = at - lineStart + 1
    const first = { offset: start.offset + at, line, column }
    return { start: first, end: { offset: first.offset + length, line, column: column + length } }
  }
}

import type { Diagnostic } from './diagnostic.ts'
import type { BootBlock, LeadingScript } from './document.ts'
import type { IniPart, Option, Section } from './ini.ts'
import type { Span } from './text.ts'

/** What one reader run gave: the parts of one text that is a context as a whole. */
export interface ContextParts {
  readonly script: LeadingScript | undefined
  readonly ini: IniPart
  readonly bootBlock: BootBlock
  readonly diagnostics: readonly Diagnostic[]
}

/** The same parts, all of them said to stand at one place: for a text that was decoded from an encoded part. */
export function relocate(parts: ContextParts, span: Span): ContextParts {
  const moved = <T extends { readonly span: Span }>(one: T): T => ({ ...one, span })
  const { script, ini, bootBlock, diagnostics } = parts
  return {
    script: script === undefined ? undefined : moved(script),
    ini: {
      sections: new Map(Array.from(ini.sections, ([name, section]) => [name, relocateSection(section, span)])),
      diagnostics: ini.diagnostics.map(moved),
    },
    bootBlock: { ...bootBlock, span: bootBlock.span === undefined ? undefined : span },
    diagnostics: diagnostics.map(moved),
  }
}

function relocateSection(section: Section, span: Span): Section {
  const options = Array.from(section.options, ([key, option]): [string, Option] => [
    key,
    { ...option, keySpan: span, valueSpan: span },
  ])
  return { name: section.name, span, options: new Map(options) }
}

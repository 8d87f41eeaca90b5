import type { IniPart, Option, Section } from './ini.ts'
import { BOOT_BLOCK_END, headerName } from './known-sections.ts'
import { printable, shorten } from './printable.ts'
import { createProblemList, type ProblemList } from './problem.ts'
import { maskSecretLine } from './secret-keys.ts'
import { isBlank, isBlankChar, type Line, type Span, spanOf, trimBlank } from './text.ts'

/** Longest piece of a line that a message repeats. */
const MAX_QUOTED = 40

interface OpenSection {
  readonly name: string
  readonly span: Span
  readonly options: Map<string, Option>
}

/**
 * Reads sections and options in the dialect of the old agent (CONTEXT-SPEC 1.4, rules I1 to I17), section names
 * compared without case. Every line that is dropped has a problem, but for blank lines and comments.
 */
export function readIni(lines: readonly Line[]): IniPart {
  const sections = new Map<string, OpenSection>()
  const problems = createProblemList()
  let current: OpenSection | undefined
  for (const line of lines) {
    if (isBlank(line.text) || isComment(line.text)) continue
    const name = headerName(line.text)
    if (name?.toLowerCase() === BOOT_BLOCK_END) current = undefined
    else if (name !== undefined) current = openSection(sections, name, line, problems)
    else readOption(line, current, problems)
  }
  const visible = [...sections].filter(([name]) => name !== 'default')
  return { sections: new Map<string, Section>(visible), diagnostics: problems.all() }
}

/** `#` and `;` first, or the word `rem` in the first column; an indented comment is harmless, too. */
function isComment(text: string): boolean {
  return /^[ \t]*[#;]/.test(text) || /^rem(?:[ \t\v\f]|$)/i.test(text)
}

function openSection(
  sections: Map<string, OpenSection>,
  written: string,
  line: Line,
  problems: ProblemList,
): OpenSection {
  const name = written.toLowerCase()
  const span = spanOf(line, 0, written.length + 2)
  const rest = line.text.slice(written.length + 2)
  if (/^[^#;]*[=:]/.test(rest)) {
    const hint = 'Write the option on a line of its own.'
    problems.add(
      'text-after-header',
      spanOf(line, written.length + 2),
      'What follows a section header is ignored',
      hint,
    )
  }
  if (trimBlank(written) !== written) {
    const hint = `Write [${trimBlank(written)}].`
    problems.add('section-name-spaces', span, 'The spaces in the brackets belong to the name of the section', hint)
  }
  if (name === 'default') {
    const hint = 'Write the options in the section of the plugin that reads them.'
    problems.add('default-section', span, 'Options of the section DEFAULT are seen by no plugin', hint)
  }
  const known = sections.get(name)
  if (known !== undefined) return known
  const opened = { name, span, options: new Map<string, Option>() }
  sections.set(name, opened)
  return opened
}

function readOption(line: Line, section: OpenSection | undefined, problems: ProblemList): void {
  const { text } = line
  const quoted = (): string => `"${printable(shorten(maskSecretLine(text), MAX_QUOTED))}"`
  const first = text.charCodeAt(0)
  if (isBlankChar(first)) {
    const hint = 'Start the line in the first column; there are no continuation lines.'
    problems.add('line-indented', spanOf(line), 'An indented line is ignored', hint)
    return
  }
  const separator = text.search(/[:=]/)
  if (separator < 1) {
    const hint = 'Write KEY=VALUE, [SECTION], or a comment that starts with #.'
    problems.add('line-ignored', spanOf(line), () => `${quoted()} is neither a section nor an option`, hint)
    return
  }
  if (section === undefined) {
    const hint = 'Write it below the header of the section it belongs to.'
    problems.add('line-ignored', spanOf(line), () => `${quoted()} belongs to no section`, hint)
    return
  }
  addOption(section, optionOf(line, separator), problems)
}

function addOption(section: OpenSection, option: Option, problems: ProblemList): void {
  if (section.options.has(option.key)) {
    const message = `"${option.key}" is given again; the last value counts`
    problems.add('option-repeated', option.keySpan, message, 'Remove one of them.')
  }
  section.options.set(option.key, option)
}

function optionOf(line: Line, separator: number): Option {
  const { text } = line
  const key = trimBlank(text.slice(0, separator))
  let start = separator + 1
  while (start < text.length && isBlankChar(text.charCodeAt(start))) start += 1
  const raw = withoutComment(text.slice(start))
  const written = trimBlank(raw)
  const from = written === '' ? separator + 1 : start
  return {
    key: key.toLowerCase(),
    value: written === '""' ? '' : written,
    keySpan: spanOf(line, 0, key.length),
    valueSpan: spanOf(line, from, from + written.length),
  }
}

/**
 * Cuts at the first `;`, if white space stands before it. For a value that starts with `;` the character "before" is
 * the last one: so the old reader indexed, and texts rely on `;` surviving.
 */
function withoutComment(value: string): string {
  const mark = value.indexOf(';')
  if (mark === -1) return value
  const before = value.charCodeAt(mark === 0 ? value.length - 1 : mark - 1)
  return isBlankChar(before) ? value.slice(0, mark) : value
}

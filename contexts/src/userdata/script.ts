import type { LeadingScript } from './document.ts'
import { hereDocumentLines } from './here-document.ts'
import { headerName, knownHeader, knownSections } from './known-sections.ts'
import type { ProblemList } from './problem.ts'
import { readShebang } from './shebang.ts'
import { didYouMean, suggest } from './suggest.ts'
import { isBlank, type Line, spanFrom, spanOf } from './text.ts'

/** Lines below a script that are compared with the known sections. */
const MAX_HEADERS_COMPARED = 200

/** The script at the top of a text, if any, and the lines that are left for the other readers. */
export interface ScriptSplit {
  readonly script: LeadingScript | undefined
  readonly rest: readonly Line[]
}

/**
 * Cuts the leading script off (CONTEXT-SPEC 1.3.2): it ends at the last line starting with `exit` before the first
 * known section, bodies of here-documents skipped; without such a line before that section; without a section it is
 * the whole text.
 */
export function splitScript(lines: readonly Line[], problems: ProblemList): ScriptSplit {
  const first = lines.findIndex((line) => !isBlank(line.text))
  const firstLine = lines[first]
  if (firstLine === undefined || !firstLine.text.startsWith('#!')) return { script: undefined, rest: lines }
  const body = lines.slice(first)
  const count = scriptLength(body, problems)
  const scriptLines = body.slice(0, count)
  const rest = body.slice(count)
  warnAboutBlanks(lines.slice(0, first), firstLine, problems)
  return { script: makeScript(firstLine, scriptLines, problems), rest }
}

/** Number of lines that belong to the script. */
function scriptLength(body: readonly Line[], problems: ProblemList): number {
  const hidden = hereDocumentLines(body)
  let lastExit = -1
  for (const [index, line] of body.entries()) {
    if (hidden.has(line)) continue
    if (knownHeader(line.text) !== undefined) {
      if (lastExit !== -1) return lastExit + 1
      const hint = 'End the script with a line "exit 0": other programs that read this text rely on it.'
      problems.add('script-without-exit', spanOf(line), 'The script above this section has no line "exit"', hint)
      return index
    }
    if (/^exit(?:[ \t;]|$)/.test(line.text)) lastExit = index
  }
  if (lastExit !== -1) warnAboutSections(body.slice(lastExit + 1), problems)
  return body.length
}

/** A mistyped section behind the script makes all of it shell text, silently; say so. */
function warnAboutSections(lines: readonly Line[], problems: ProblemList): void {
  const headers = lines.filter((line) => headerName(line.text) !== undefined)
  for (const line of headers.slice(0, MAX_HEADERS_COMPARED)) {
    const name = headerName(line.text)
    if (name === undefined || suggest(name, knownSections()) === undefined) continue
    const message = `"[${name}]" is no known section, so it counts as a part of the script`
    problems.add('script-swallows-section', spanOf(line), message, didYouMean(name, knownSections()))
  }
}

function warnAboutBlanks(blanks: readonly Line[], firstLine: Line, problems: ProblemList): void {
  if (!blanks.some((line) => /[^ ]/.test(line.text))) return
  const message = 'Above the script stand lines that are not quite empty'
  problems.add('script-after-blank', spanOf(firstLine), message, 'Remove the lines above the script.')
}

function makeScript(firstLine: Line, lines: readonly Line[], problems: ProblemList): LeadingScript {
  const shebang = readShebang(firstLine.text)
  if (!shebang.isRun) {
    problems.add('script-not-run', spanOf(firstLine), `The script is not run: ${shebang.reason}`, shebang.hint)
  }
  const returned = lines.find((line) => line.terminator === '\r\n' || line.text.endsWith('\r'))
  if (returned !== undefined) {
    const message = 'The script has CR LF line ends; the CR characters are removed'
    problems.add('script-carriage-return', spanOf(returned), message, 'Save the text with LF line ends.')
  }
  const kept = withoutTrailingBlanks(lines)
  return {
    phase: shebang.isRun ? shebang.phase : undefined,
    interpreter: shebang.interpreter,
    text: `${kept.map((line) => withoutReturns(line.text)).join('\n')}\n`,
    span: spanFrom(firstLine, kept.at(-1) ?? firstLine),
  }
}

function withoutReturns(text: string): string {
  let end = text.length
  while (text[end - 1] === '\r') end -= 1
  return text.slice(0, end)
}

function withoutTrailingBlanks(lines: readonly Line[]): readonly Line[] {
  const last = lines.findLastIndex((line) => !isBlank(line.text))
  return lines.slice(0, last + 1)
}

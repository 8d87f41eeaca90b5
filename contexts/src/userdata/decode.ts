import { SCRIPT_START } from '../bootstrap/script-start.ts'
import { EMPTY_BLOCK, readBootPart, splitBootBlock } from './boot-block.ts'
import type { BootBlock, ContextDocument, ForeignPart } from './document.ts'
import { readGlidein } from './glidein.ts'
import type { IniPart, Option, Section } from './ini.ts'
import { readIni } from './ini-reader.ts'
import { knownHeader } from './known-sections.ts'
import { CONTEXT_TYPES, isMime, type MimePart, readMime } from './mime.ts'
import { createProblemList, type ProblemList, sortProblems } from './problem.ts'
import { type ContextParts, relocate } from './relocate.ts'
import { splitScript } from './script.ts'
import { isBlank, type Line, START, spanFrom, spanOf, splitLines } from './text.ts'

const NOTHING: ContextParts = {
  script: undefined,
  ini: { sections: new Map(), diagnostics: [] },
  bootBlock: EMPTY_BLOCK,
  diagnostics: [],
}

/** First words of texts that are for cloud-init, and the type of the part they would have in a message. */
const CLOUD_INIT_STARTS: readonly (readonly [start: string, contentType: string])[] = [
  ['#cloud-config', 'text/cloud-config'],
  ['## template:', 'text/jinja2'],
  ['#cloud-boothook', 'text/cloud-boothook'],
  ['#include', 'text/x-include-url'],
  ['#part-handler', 'text/part-handler'],
]

/**
 * Splits a context into its parts; total, pure and linear in the length of the text. Printing the document gives the
 * text back, whatever it is. All problems are in `diagnostics` (those of `ini` among them), in the order of the text.
 */
export function decodeContext(text: string): ContextDocument {
  const lines = splitLines(text)
  const problems = createProblemList()
  const readable = withoutMark(lines, problems)
  const foreignParts: ForeignPart[] = []
  const parts = readText(text, readable, foreignParts, problems)
  const diagnostics = sortProblems([...problems.all(), ...parts.diagnostics])
  return { lines, script: parts.script, ini: parts.ini, bootBlock: parts.bootBlock, foreignParts, diagnostics }
}

function readText(
  text: string,
  lines: readonly Line[],
  foreignParts: ForeignPart[],
  problems: ProblemList,
): ContextParts {
  const first = lines[0]
  const last = lines.at(-1)
  if (first === undefined || last === undefined) return NOTHING
  if (isSealed(first.text)) {
    const hint = 'Open it with its passphrase or key first.'
    problems.add('sealed', spanOf(first), 'The text is encrypted and cannot be read as a context', hint)
    return NOTHING
  }
  const pilot = readGlidein(text)
  if (pilot !== undefined) {
    const span = spanFrom(first, last)
    problems.add('glidein-pilot', span, 'The text is the argument of a glideinWMS pilot; only its proxies are used')
    return { ...NOTHING, bootBlock: { settings: pilot, span } }
  }
  if (isMime(lines)) return readMessage(lines, foreignParts, problems)
  if (SCRIPT_START.every((start, index) => lines[index]?.text === start)) {
    foreignParts.push({ contentType: 'text/x-shellscript', filename: undefined, text: textOf(lines) })
    return NOTHING
  }
  return readPlain(withoutCloudInit(lines, foreignParts))
}

/** The parts of one text without an envelope. */
function readPlain(lines: readonly Line[]): ContextParts {
  const problems = createProblemList()
  const { script, rest } = splitScript(lines, problems)
  const boot = splitBootBlock(rest, problems)
  const ini = readIni(boot.rest)
  return { script, ini, bootBlock: boot.block, diagnostics: [...problems.all(), ...ini.diagnostics] }
}

function isSealed(firstLine: string): boolean {
  return firstLine.startsWith('-----BEGIN AGE ENCRYPTED FILE-----') || firstLine.startsWith('ENCRYPTED:')
}

/** The lines without a byte order mark at their start, which the document keeps all the same. */
function withoutMark(lines: readonly Line[], problems: ProblemList): readonly Line[] {
  const first = lines[0]
  if (first === undefined || !first.text.startsWith('\ufeff')) return lines
  const hint = 'Save the text without it.'
  problems.add('byte-order-mark', START, 'The text starts with a byte order mark, which is skipped', hint)
  return [{ ...first, text: first.text.slice(1), offset: 1 }, ...lines.slice(1)]
}

/** Leaves what stands above the first known section to cloud-init, when the text starts as one for it. */
function withoutCloudInit(lines: readonly Line[], foreignParts: ForeignPart[]): readonly Line[] {
  const first = lines.find((line) => !isBlank(line.text))?.text ?? ''
  const found = CLOUD_INIT_STARTS.find(([start]) => first.startsWith(start))
  if (found === undefined) return lines
  const header = lines.findIndex((line) => knownHeader(line.text) !== undefined)
  const count = header === -1 ? lines.length : header
  foreignParts.push({ contentType: found[1], filename: undefined, text: textOf(lines.slice(0, count)) })
  return lines.slice(count)
}

function readMessage(lines: readonly Line[], foreignParts: ForeignPart[], problems: ProblemList): ContextParts {
  let merged = NOTHING
  for (const part of readMime(lines, problems)) {
    const parts = readPart(part, problems)
    if (parts === undefined) {
      const { contentType, filename } = part
      foreignParts.push({ contentType, filename, text: textOf(part.lines) })
    } else merged = mergeParts(merged, parts, problems)
  }
  if (merged.bootBlock.span !== undefined) return merged
  // The boot loader does not know MIME: a block anywhere in the raw message is found by it.
  return { ...merged, bootBlock: splitBootBlock(lines, createProblemList()).block }
}

/** A part for us; undefined when it is for somebody else. */
function readPart(part: MimePart, problems: ProblemList): ContextParts | undefined {
  const place = part.encodedSpan
  if (CONTEXT_TYPES.has(part.contentType)) {
    const parts = readPlain(part.lines)
    return place === undefined ? parts : relocate(parts, place)
  }
  if (part.contentType !== 'text/ucernvm') return undefined
  const own = place === undefined ? problems : createProblemList()
  const parts = { ...NOTHING, bootBlock: readBootPart(part.lines, own) }
  return place === undefined ? parts : relocate({ ...parts, diagnostics: own.all() }, place)
}

function mergeParts(left: ContextParts, right: ContextParts, problems: ProblemList): ContextParts {
  if (left.script !== undefined && right.script !== undefined) {
    const hint = 'Make one script of the two.'
    problems.add('script-repeated', right.script.span, 'A second part has a script; it is not run', hint)
  }
  if (left.bootBlock.span !== undefined && right.bootBlock.span !== undefined) {
    problems.add('boot-block-repeated', right.bootBlock.span, 'A second boot block is ignored', 'Merge the two.')
  }
  return {
    script: left.script ?? right.script,
    ini: mergeIni(left.ini, right.ini),
    bootBlock: firstBlock(left.bootBlock, right.bootBlock),
    diagnostics: [...left.diagnostics, ...right.diagnostics],
  }
}

function firstBlock(left: BootBlock, right: BootBlock): BootBlock {
  return left.span === undefined ? right : left
}

/** Options of the later part win, as in one text. */
function mergeIni(left: IniPart, right: IniPart): IniPart {
  const sections = new Map<string, Section>(left.sections)
  for (const [name, section] of right.sections) {
    const earlier = sections.get(name)
    const options = new Map<string, Option>([...(earlier?.options ?? []), ...section.options])
    sections.set(name, { name, span: earlier?.span ?? section.span, options })
  }
  return { sections, diagnostics: [...left.diagnostics, ...right.diagnostics] }
}

function textOf(lines: readonly Line[]): string {
  return lines.map((line) => line.text + line.terminator).join('')
}

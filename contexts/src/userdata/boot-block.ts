import { BOOT_KEY_ALIASES, BOOT_KEYS } from './boot-keys.ts'
import type { BootBlock } from './document.ts'
import { BOOT_BLOCK_BEGIN, BOOT_BLOCK_END, headerName } from './known-sections.ts'
import type { ProblemList } from './problem.ts'
import { didYouMean } from './suggest.ts'
import { isBlank, type Line, type Span, spanFrom, spanOf, trimBlank } from './text.ts'

/** The block of the boot loader, and the lines that are left for the other readers. */
export interface BootSplit {
  readonly block: BootBlock
  /** End markers stay, as headers of a section that nobody reads. */
  readonly rest: readonly Line[]
}

/** No settings. */
export const EMPTY_BLOCK: BootBlock = { settings: new Map(), span: undefined }

const KNOWN_KEYS: readonly string[] = BOOT_KEYS.map(({ key }) => key)

/**
 * Takes the boot block out (CONTEXT-SPEC 1.5): the first one counts, an end before the begin disables it. End markers
 * stay in the rest, so that what follows them does not slip into the section above the block.
 */
export function splitBootBlock(lines: readonly Line[], problems: ProblemList): BootSplit {
  const rest: Line[] = []
  let block: BootBlock | undefined
  let index = 0
  while (index < lines.length) {
    const line = lines[index]
    if (line === undefined) break
    index += 1
    if (isMarker(line, BOOT_BLOCK_BEGIN)) {
      const length = blockLength(lines, index, line, problems)
      if (block === undefined) block = readBlock(line, lines.slice(index, index + length + 1), length, problems)
      else problems.add('boot-block-repeated', spanOf(line), 'A second boot block is ignored', 'Merge the two.')
      index += length
      continue
    }
    if (block === undefined && isMarker(line, BOOT_BLOCK_END)) {
      const hint = `Write [${BOOT_BLOCK_BEGIN}] above the settings and [${BOOT_BLOCK_END}] below them.`
      problems.add('boot-block-not-opened', spanOf(line), 'The end of the boot block stands before its begin', hint)
      block = { settings: new Map(), span: spanOf(line) }
    }
    rest.push(line)
  }
  return { block: block ?? EMPTY_BLOCK, rest }
}

/** A part that is a block as a whole, with or without its marker lines. */
export function readBootPart(lines: readonly Line[], problems: ProblemList): BootBlock {
  if (lines.some((line) => isMarker(line, BOOT_BLOCK_BEGIN))) return splitBootBlock(lines, problems).block
  const first = lines[0]
  const last = lines.at(-1)
  if (first === undefined || last === undefined) return EMPTY_BLOCK
  return { settings: readSettings(lines, problems), span: spanFrom(first, last) }
}

function readBlock(begin: Line, lines: readonly Line[], length: number, problems: ProblemList): BootBlock {
  const end = lines[length]
  const isClosed = end !== undefined && isMarker(end, BOOT_BLOCK_END)
  const last = (isClosed ? end : lines[length - 1]) ?? begin
  return { settings: readSettings(lines.slice(0, length), problems), span: spanFrom(begin, last) }
}

function isMarker(line: Line, name: string): boolean {
  return line.text.startsWith('[') && trimBlank(line.text).toLowerCase() === `[${name}]`
}

/** Number of lines from `start` to the end marker, or without one to the next section. */
function blockLength(lines: readonly Line[], start: number, begin: Line, problems: ProblemList): number {
  let firstHeader: number | undefined
  let index = start
  for (; index < lines.length; index += 1) {
    const line = lines[index]
    if (line === undefined || isMarker(line, BOOT_BLOCK_BEGIN)) break
    if (isMarker(line, BOOT_BLOCK_END)) return index - start
    if (headerName(line.text) !== undefined) firstHeader ??= index
  }
  const hint = `Write [${BOOT_BLOCK_END}] below it.`
  problems.add('boot-block-not-closed', spanOf(begin), 'The boot block is not closed', hint)
  return (firstHeader ?? index) - start
}

function readSettings(lines: readonly Line[], problems: ProblemList): ReadonlyMap<string, string> {
  const settings = new Map<string, string>()
  const aliased = new Map<string, string>()
  for (const line of lines) {
    if (isBlank(line.text) || /^[ \t]*#/.test(line.text)) continue
    const separator = line.text.indexOf('=')
    const key = trimBlank(line.text.slice(0, Math.max(0, separator)))
    if (key === '') {
      problems.add('boot-block-line', spanOf(line), 'The line is no KEY=VALUE and is ignored', 'Comments start with #.')
      continue
    }
    const value = normalizeValue(line.text.slice(separator + 1))
    const target = BOOT_KEY_ALIASES[key.toLowerCase()]
    checkKey(key, target, spanOf(line, line.text.indexOf(key), line.text.indexOf(key) + key.length), problems)
    if (target === undefined) settings.set(key.toUpperCase(), value)
    else aliased.set(target.toUpperCase(), value)
  }
  for (const [key, value] of aliased) if (!settings.has(key)) settings.set(key, value)
  return settings
}

function checkKey(key: string, target: string | undefined, span: Span, problems: ProblemList): void {
  if (target !== undefined) {
    problems.add('boot-key-alias', span, `"${key}" is read as "${target}"`, `Write ${target}.`)
  } else if (!KNOWN_KEYS.includes(key.toLowerCase())) {
    problems.add('boot-key-unknown', span, `The boot loader knows no "${key}"`, () => didYouMean(key, KNOWN_KEYS))
  }
}

/** Trimmed, without surrounding quotes; booleans as `1` and `0`. Never evaluated, whatever it looks like. */
function normalizeValue(written: string): string {
  const value = trimBlank(written)
  const quote = value[0]
  const isQuoted = value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote)
  const plain = isQuoted ? value.slice(1, -1) : value
  if (/^(?:yes|on|true)$/i.test(plain)) return '1'
  if (/^(?:no|off|false)$/i.test(plain)) return '0'
  return plain
}

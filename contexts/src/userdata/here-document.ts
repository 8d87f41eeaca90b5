import type { Line } from './text.ts'

/**
 * Start of a here-document: `<<WORD` or `<<-WORD`, the word quoted or not. Not `<<<`, and no word that starts with a
 * digit, which is a shift in arithmetic.
 */
const START = /(?<!<)<<(?!<)(-?)[ \t]*(?:'([^']+)'|"([^"]+)"|\\?([A-Za-z_][\w.+-]*))/g

/**
 * Which lines belong to the body of a here-document, its end line included.
 *
 * A start whose end line never comes is none: the text would otherwise be swallowed by a `<<` in a comment or a
 * calculation.
 */
export function hereDocumentLines(lines: readonly Line[]): ReadonlySet<Line> {
  const bodies = new Set<Line>()
  const lastPlain = lastIndexes(lines, (text) => text)
  const lastIndented = lastIndexes(lines, withoutTabs)
  let index = 0
  while (index < lines.length) {
    const starts = startsIn(lines[index]?.text ?? '')
    index += 1
    for (const { word, isIndented } of starts) {
      const last = (isIndented ? lastIndented : lastPlain).get(word)
      if (last === undefined || last < index) continue
      index = skipBody(lines, index, word, isIndented, bodies)
    }
  }
  return bodies
}

interface HereStart {
  readonly word: string
  readonly isIndented: boolean
}

function startsIn(text: string): readonly HereStart[] {
  if (!text.includes('<<') || text.startsWith('#')) return []
  return Array.from(text.matchAll(START), (match) => ({
    word: match[2] ?? match[3] ?? match[4] ?? '',
    isIndented: match[1] === '-',
  }))
}

/** Marks the lines of one body. @returns index behind its end line */
function skipBody(lines: readonly Line[], from: number, word: string, isIndented: boolean, bodies: Set<Line>): number {
  for (let index = from; index < lines.length; index += 1) {
    const line = lines[index]
    if (line === undefined) break
    bodies.add(line)
    if ((isIndented ? withoutTabs(line.text) : line.text) === word) return index + 1
  }
  return lines.length
}

/** Index of the last line of each text, so that looking for an end line costs nothing. */
function lastIndexes(lines: readonly Line[], key: (text: string) => string): ReadonlyMap<string, number> {
  return new Map(lines.map((line, index) => [key(line.text), index]))
}

function withoutTabs(text: string): string {
  let start = 0
  while (text[start] === '\t') start += 1
  return text.slice(start)
}

import { decodeContext } from '@muster/contexts/userdata/decode.ts'

/** One wish of the form: a key's value, or undefined to take the key out. */
export interface OptionWish {
  readonly section: string
  readonly key: string
  readonly value: string | undefined
}

/**
 * The text with one key of a section set or taken out; every other character stays, comments and order included.
 * A missing key goes below the last one of its section, a missing section to the end of the text.
 */
export function setOption(text: string, wish: OptionWish): string {
  const { ini, bootBlock } = decodeContext(text)
  const section = ini.sections.get(wish.section)
  const option = section?.options.get(wish.key)
  if (option !== undefined) {
    const { keySpan, valueSpan } = option
    if (wish.value !== undefined) return splice(text, valueSpan.start.offset, valueSpan.end.offset, oneLine(wish.value))
    return splice(text, lineStart(text, keySpan.start.offset), lineEnd(text, valueSpan.end.offset), '')
  }
  if (wish.value === undefined) return text
  const line = `${wish.key}=${oneLine(wish.value)}`
  if (section !== undefined) {
    const ends = [...section.options.values()].map((other) => other.valueSpan.end.offset)
    const at = lineEnd(text, Math.max(section.span.end.offset, ...ends))
    return splice(text, at, at, withOwnLine(text, at, line))
  }
  const at = bootBlock.span === undefined ? text.length : lineStart(text, bootBlock.span.start.offset)
  const gap = at === 0 || text.slice(0, at).endsWith('\n\n') ? '' : '\n'
  const tail = at === text.length ? '' : '\n'
  return splice(text, at, at, withOwnLine(text, at, `${gap}[${wish.section}]\n${line}`) + tail)
}

function splice(text: string, from: number, to: number, insert: string): string {
  return text.slice(0, from) + insert + text.slice(to)
}

/** Start of the line that holds an offset. */
function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

/** Start of the line after an offset, or the end of the text. */
function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end + 1
}

function withOwnLine(text: string, at: number, line: string): string {
  const before = at > 0 && text.charAt(at - 1) !== '\n' ? '\n' : ''
  return `${before}${line}\n`
}

/** A form's field holds one line; a pasted line end would begin another key. */
function oneLine(value: string): string {
  return value.replaceAll(/[\r\n]+/g, ' ').trim()
}

import { decodeBase64, decodeUtf8 } from './base64.ts'
import type { ProblemList } from './problem.ts'
import { isBlank, type Line, type Span, START, spanFrom, spanOf, splitLines } from './text.ts'

/** Most parts, and deepest nesting, that are read of one message. */
export const MAX_PARTS = 100
export const MAX_DEPTH = 5
/** Types of parts that are contexts of their own: that of the old tools, and the one that cloud-init documents. */
export const CONTEXT_TYPES: ReadonlySet<string> = new Set(['text/amiconfig-user-data', 'text/x-amiconfig'])

/** One leaf of a MIME message. */
export interface MimePart {
  /** Lower case, without parameters. */
  readonly contentType: string
  readonly filename: string | undefined
  /** Lines of the body: those of the message itself, or of the decoded text. */
  readonly lines: readonly Line[]
  /** Where an encoded body stands in the message; undefined when `lines` have their own places. */
  readonly encodedSpan: Span | undefined
}

type Headers = ReadonlyMap<string, string>

interface Entity {
  readonly headers: Headers
  readonly body: readonly Line[]
}

/**
 * Whether a text is a MIME message: a header block with `Content-Type: multipart/`, or a first line `From ` above one
 * (CONTEXT-SPEC 1.6).
 */
export function isMime(lines: readonly Line[]): boolean {
  const isMailbox = lines[0]?.text.startsWith('From ') === true
  const first = lines[isMailbox ? 1 : 0]
  if (first === undefined || !/^[!-9;-~]+:/.test(first.text)) return false
  const { headers } = readEntity(isMailbox ? lines.slice(1) : lines)
  const type = headers.get('content-type')
  return type !== undefined && (isMailbox || /^multipart\//i.test(type))
}

/** All leaves of a message, in order; what cannot be decoded is left out, with a problem. */
export function readMime(lines: readonly Line[], problems: ProblemList): readonly MimePart[] {
  const parts: MimePart[] = []
  const start = lines[0]?.text.startsWith('From ') === true ? 1 : 0
  collectParts(readEntity(lines.slice(start)), 0, parts, problems)
  return parts
}

function collectParts(entity: Entity, depth: number, parts: MimePart[], problems: ProblemList): void {
  const type = entity.headers.get('content-type') ?? 'text/plain'
  const span = bodySpan(entity.body)
  if (parts.length >= MAX_PARTS || depth > MAX_DEPTH) {
    const message = `At most ${MAX_PARTS} parts in ${MAX_DEPTH} levels are read`
    problems.add('mime-too-many-parts', span, message, 'Put less into one message.')
    return
  }
  if (!/^multipart\//i.test(type)) {
    const part = decodePart(entity, type, span, problems)
    if (part !== undefined) parts.push(part)
    return
  }
  const boundary = parameterOf(type, 'boundary')
  if (boundary === undefined || boundary === '') {
    problems.add('mime-invalid', span, 'The multipart message names no boundary', 'Make the message again.')
    return
  }
  for (const body of splitAt(entity.body, boundary)) {
    if (parts.length > MAX_PARTS) return
    collectParts(readEntity(body), depth + 1, parts, problems)
  }
}

function decodePart(entity: Entity, type: string, span: Span, problems: ProblemList): MimePart | undefined {
  const contentType = (type.split(';', 1)[0] ?? '').trim().toLowerCase()
  const filename = parameterOf(entity.headers.get('content-disposition') ?? '', 'filename')
  const encoding = (entity.headers.get('content-transfer-encoding') ?? '7bit').trim().toLowerCase()
  if (['7bit', '8bit', 'binary', ''].includes(encoding)) {
    return { contentType, filename, lines: entity.body, encodedSpan: undefined }
  }
  const bytes = decodeBody(entity.body, encoding)
  const text = bytes === undefined ? undefined : decodeUtf8(bytes)
  if (text === undefined) {
    const message = `A part of type ${contentType} is not ${encoding} of UTF-8 text, and is ignored`
    problems.add('mime-invalid', span, message, 'Make the message again, with parts in UTF-8.')
    return undefined
  }
  return { contentType, filename, lines: splitLines(text), encodedSpan: span }
}

function decodeBody(body: readonly Line[], encoding: string): Uint8Array | undefined {
  if (encoding === 'base64') return decodeBase64(body.map((line) => line.text).join(''))
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(body)
  return undefined
}

/** Bytes of quoted-printable lines; `=` before two other characters stays, as RFC 2045 asks of lenient readers. */
function decodeQuotedPrintable(body: readonly Line[]): Uint8Array {
  const encoder = new TextEncoder()
  const bytes: number[] = []
  for (const line of body) {
    const text = line.text.trimEnd()
    const isSoft = text.endsWith('=')
    for (const piece of (isSoft ? text.slice(0, -1) : text).split(/(=[0-9A-Fa-f]{2})/)) {
      if (/^=[0-9A-Fa-f]{2}$/.test(piece)) bytes.push(Number.parseInt(piece.slice(1), 16))
      else for (const byte of encoder.encode(piece)) bytes.push(byte)
    }
    if (!isSoft && line.terminator !== '') bytes.push(0x0a)
  }
  return Uint8Array.from(bytes)
}

/** Header block and body; header names in lower case, folded lines joined, the first of equal names. */
function readEntity(lines: readonly Line[]): Entity {
  const headers = new Map<string, string>()
  let name: string | undefined
  let index = 0
  for (; index < lines.length; index += 1) {
    const text = lines[index]?.text ?? ''
    if (isBlank(text)) break
    const separator = text.indexOf(':')
    if (/^[ \t]/.test(text) && name !== undefined) headers.set(name, `${headers.get(name) ?? ''} ${text.trim()}`)
    else if (separator > 0) {
      name = text.slice(0, separator).trim().toLowerCase()
      if (!headers.has(name)) headers.set(name, text.slice(separator + 1).trim())
    }
  }
  return { headers, body: lines.slice(index + 1) }
}

/** Bodies between the boundary lines; a missing last boundary ends at the end. */
function splitAt(lines: readonly Line[], boundary: string): readonly (readonly Line[])[] {
  const bodies: Line[][] = []
  let isOpen = false
  for (const line of lines) {
    const text = line.text.startsWith(`--${boundary}`) ? line.text.trimEnd() : ''
    if (text === `--${boundary}--` || text === `--${boundary}`) {
      dropLastBreak(bodies.at(-1))
      if (text !== `--${boundary}`) break
      bodies.push([])
      isOpen = true
    } else if (isOpen) bodies.at(-1)?.push(line)
  }
  return bodies
}

/** The line end before a boundary belongs to the boundary (RFC 2046). */
function dropLastBreak(body: Line[] | undefined): void {
  const last = body?.pop()
  if (last !== undefined) body?.push({ ...last, terminator: '' })
}

function parameterOf(header: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^\\s;"]+))`, 'i').exec(header)
  return match?.[1] ?? match?.[2]
}

function bodySpan(body: readonly Line[]): Span {
  const first = body[0]
  const last = body.at(-1)
  if (first === undefined || last === undefined) return START
  return body.length === 1 ? spanOf(first) : spanFrom(first, last)
}

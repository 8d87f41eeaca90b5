import { digestText } from '@muster/contexts/context/digest.ts'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import type { ContextDocument } from '@muster/contexts/userdata/document.ts'
import { BOOT_BLOCK_BEGIN, knownSections } from '@muster/contexts/userdata/known-sections.ts'
import { CONTEXT_TYPES, isMime, readMime } from '@muster/contexts/userdata/mime.ts'
import { createProblemList } from '@muster/contexts/userdata/problem.ts'
import { splitLines } from '@muster/contexts/userdata/text.ts'
import type { FoundUserData } from './read-user-data.ts'

/** The context in the user-data of a machine. */
export interface UserDataContext {
  /** What to apply. */
  readonly text: string
  /** Tells this context from others, however it came: alone, as a part, or in a whole message. SHA-256, hex. */
  readonly digest: string
  /** The script at its top, when cloud-init takes the whole text for a script of its own and runs it as well. */
  readonly contested: ContestedScript | undefined
}

/** A script that two programs would run. */
export interface ContestedScript {
  /** All of the user-data, as cloud-init keeps it to run it. */
  readonly raw: string
  /** It ends by itself when anybody but the agent runs it (CONTEXT-SPEC 1.3.4). */
  readonly isGuarded: boolean
  /** The context without it. Empty: there is nothing else. */
  readonly rest: string
}

/** The first line of a script that only a reader of contexts gives a meaning: `sh.before`, `sh before`, … */
const PHASED = /^#!\s*\S*sh(?:\.(?:before|after)\b|\s+(?:before|after)\s*$)/
/** Lines in which contexts look who runs them. */
const GUARD_LINES = 20

/** Finds the context; undefined when there is nothing for the agent in it. Pure, and total. */
export function findContext(found: Extract<FoundUserData, { kind: 'found' }>): UserDataContext | undefined {
  if (!found.isRaw) return joined(found.texts)
  const [raw = ''] = found.texts
  const lines = splitLines(raw)
  return isMime(lines) ? joined(partsOf(raw)) : fromRaw(raw)
}

function partsOf(message: string): readonly string[] {
  return readMime(splitLines(message), createProblemList())
    .filter(({ contentType }) => CONTEXT_TYPES.has(contentType))
    .map(({ lines }) => lines.map(({ text, terminator }) => text + terminator).join(''))
    .filter((text) => text.trim() !== '')
}

/** Several parts are one context, in which the later ones win. */
function joined(texts: readonly string[]): UserDataContext | undefined {
  if (texts.length === 0) return undefined
  const parts = texts.map(normalized)
  const digest = digestText(parts.map((part) => part.replaceAll('\r\n', '\n')).join('\0'))
  return { text: parts.length === 1 ? (parts[0] ?? '') : messageOf(parts, digest), digest, contested: undefined }
}

/** On its way a part may lose or gain empty lines at its end. */
function normalized(text: string): string {
  return `${text.trimEnd()}\n`
}

function messageOf(parts: readonly string[], digest: string): string {
  // Made of the digest of all of them, so none of them can hold it.
  const boundary = `part-${digest}`
  const bodies = parts.map((part) => `--${boundary}\nContent-Type: text/amiconfig-user-data\n\n${part}\n`)
  return `Content-Type: multipart/mixed; boundary="${boundary}"\n\n${bodies.join('')}--${boundary}--\n`
}

function fromRaw(raw: string): UserDataContext | undefined {
  const document = decodeContext(raw)
  const { script } = document
  if (!isOurs(document)) return undefined
  const text = normalized(raw)
  const context = { text, digest: digestText(text.replaceAll('\r\n', '\n')) }
  if (script?.phase === undefined) return { ...context, contested: undefined }
  return { ...context, contested: { raw, isGuarded: isGuarded(script.text), rest: withoutScript(document) } }
}

/**
 * A text that is all for cloud-init, a script of a person who knows nothing of contexts among them, is none of the
 * agent's. A sealed one was meant for us, and somebody must be told that it cannot be read.
 */
function isOurs({ ini, script, diagnostics }: ContextDocument): boolean {
  const isKnown = (name: string) => knownSections().has(name) && name !== BOOT_BLOCK_BEGIN
  if ([...ini.sections.keys()].some(isKnown)) return true
  if (diagnostics.some(({ code }) => code === 'sealed')) return true
  return script !== undefined && (PHASED.test(firstLine(script.text)) || isGuarded(script.text))
}

function isGuarded(script: string): boolean {
  const head = script.split('\n').slice(0, GUARD_LINES).join('\n')
  return /\/proc\/.*cmdline/.test(head) && /\bamiconfig\b/.test(head)
}

function withoutScript({ lines, script, ini }: ContextDocument): string {
  if (script === undefined || ini.sections.size === 0) return ''
  const { start, end } = script.span
  return lines
    .filter(({ number }) => number < start.line || number > end.line)
    .map(({ text, terminator }) => text + terminator)
    .join('')
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

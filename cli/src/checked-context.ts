import { ContextError } from '@muster/contexts/fault.ts'
import type { Plan } from '@muster/contexts/plan/plan.ts'
import { planContext } from '@muster/contexts/plan/plan-context.ts'
import { annotate } from '@muster/contexts/userdata/annotate.ts'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import { MAX_CONTEXT_BYTES } from '@muster/contexts/userdata/document.ts'
import { readTransport, type TransportedText } from '@muster/contexts/userdata/transport.ts'
import { CliError } from './cli-error.ts'
import { DEFAULT_FACTS } from './default-facts.ts'
import { readBytes, STANDARD_INPUT } from './text-file.ts'
import type { CliWorld } from './world.ts'

/** A context from a file with all its problems. */
export interface CheckedContext {
  /** Name of the file as given; `<stdin>` for standard input. */
  readonly file: string
  readonly text: string
  readonly diagnostics: readonly Diagnostic[]
  /** Undefined when there is an error. */
  readonly plan: Plan | undefined
}

/** How strictly a context is read. */
export interface CheckOptions {
  readonly strict?: boolean
}

/** Name of a file in messages. */
export function displayName(file: string): string {
  return file === STANDARD_INPUT ? '<stdin>' : file
}

/**
 * Reads a context: plain or gzip, from a file or standard input.
 *
 * @throws {CliError} bad-file; {ContextError} too-large, not-text
 */
export async function readContextText(world: CliWorld, file: string): Promise<TransportedText> {
  return await readTransport(await readBytes(world.terminal, file, MAX_CONTEXT_BYTES))
}

/**
 * Reads, decodes and plans a context, offline and for a machine of no special kind. What is no text at all is a problem
 * of line 1 too, so that a list of files is gone through to its end.
 *
 * @throws {CliError} bad-file - the file cannot be read
 */
export async function checkContext(world: CliWorld, file: string, options: CheckOptions): Promise<CheckedContext> {
  try {
    const { text, diagnostics } = await readContextText(world, file)
    const result = planContext(decodeContext(text), DEFAULT_FACTS, { isStrict: options.strict === true })
    return { file: displayName(file), text, diagnostics: [...diagnostics, ...result.diagnostics], plan: result.plan }
  } catch (error) {
    if (!(error instanceof ContextError)) throw error
    return { file: displayName(file), text: '', diagnostics: [asDiagnostic(error)], plan: undefined }
  }
}

/** Shows the problems of a context as a compiler does. */
export function showDiagnostics(world: CliWorld, context: CheckedContext, isAnnotated: boolean): string {
  const hasText = context.text !== ''
  const text = annotate(context.diagnostics, isAnnotated && hasText ? context.text : '', { file: context.file })
  return text
    .trimEnd()
    .replace(/: error\[/g, `: ${world.terminal.paint('red', 'error')}[`)
    .replace(/: warning\[/g, `: ${world.terminal.paint('yellow', 'warning')}[`)
}

/** A problem as programs read it: lines and columns from 1, `end` exclusive. */
export function diagnosticJson({ severity, code, message, hint, span }: Diagnostic): Readonly<Record<string, unknown>> {
  const { start, end } = span
  const place = { line: start.line, column: start.column, endLine: end.line, endColumn: end.column }
  return { severity, code, message, ...(hint === undefined ? {} : { hint }), ...place }
}

/** The error of a context that cannot be used; its problems were shown before. */
export function invalidContext(context: CheckedContext): CliError {
  const count = context.diagnostics.filter(({ severity }) => severity === 'error').length
  return new CliError('invalid-context', `${context.file} has ${count === 1 ? 'an error' : `${count} errors`}`, {
    hint: 'Correct what is listed above; "muster context validate --annotate" shows the lines.',
  })
}

function asDiagnostic(error: ContextError): Diagnostic {
  const line = typeof error.details['line'] === 'number' ? error.details['line'] : 1
  const place = { offset: 0, line, column: 1 }
  const { code, message, hint } = error
  return {
    severity: 'error',
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    span: { start: place, end: place },
  }
}

import { ApiError } from '@muster/contexts/api/api-error.ts'
import { CodedError } from '@muster/contexts/fault.ts'
import { printable } from '@muster/contexts/userdata/printable.ts'
import { isAbort } from './cli-error.ts'
import type { Terminal } from './terminal.ts'

/** Says on standard error what failed, its code, and what to do next; with --json as one JSON object. */
export function reportError(terminal: Terminal, error: unknown): void {
  if (isAbort(error)) terminal.warn('Stopped.')
  else if (terminal.isJson) terminal.warn(JSON.stringify({ error: describe(error) }))
  else for (const line of linesOf(terminal, error)) terminal.warn(line)
}

function describe(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof CodedError)) return { code: 'internal', message: messageOf(error) }
  const api =
    error instanceof ApiError
      ? { status: error.status, kind: error.kind, requestId: error.requestId, errors: error.errors }
      : {}
  return { code: error.code, message: error.message, hint: error.hint, ...api }
}

function linesOf(terminal: Terminal, error: unknown): readonly string[] {
  const label = terminal.paint('red', 'error', 'errors')
  if (!(error instanceof CodedError)) return [`${label}[internal]: ${messageOf(error)}`, ...stackOf(error)]
  const lines = [`${label}[${printable(error.code)}]: ${printable(error.message)}`]
  if (error instanceof ApiError) {
    for (const item of error.errors) lines.push(`  ${printable(item.pointer || '/')}: ${printable(item.detail)}`)
  }
  if (error.hint !== undefined) lines.push(`  ${terminal.paint('dim', 'next:', 'errors')} ${printable(error.hint)}`)
  if (error instanceof ApiError && error.requestId !== undefined) {
    lines.push(`  ${terminal.paint('dim', `request ${printable(error.requestId)}`, 'errors')}`)
  }
  return lines
}

function messageOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error))
}

function stackOf(error: unknown): readonly string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return [...stack.split('\n').slice(1), '  This is a fault of muster: please report it with these lines.']
}

import { createHash } from 'node:crypto'
import { CodedError } from '@muster/contexts/fault.ts'
import type { Change } from '@muster/contexts/plan/change.ts'
import { addressOf } from '@muster/contexts/plan/resource.ts'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import { shorten } from '@muster/contexts/userdata/printable.ts'
import type { MachineMessage, WireChange } from '@muster/contexts/wire/channel.ts'
import type { ApplySummary } from '@muster/contexts/wire/machines.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import type { ApplyContext, PreviewContext } from '../apply/apply-context.ts'
import type { ApplyDeps, ApplyPreview } from '../apply/apply-report.ts'
import type { Proposal } from './state.ts'

type Said<T extends MachineMessage['type']> = Extract<MachineMessage, { readonly type: T }>

/** How contexts are planned and applied here, in the words of the channel. */
export interface ContextPort {
  /** @throws the signal's reason when aborted */
  preview(proposal: Proposal, signal: AbortSignal): Promise<Said<'proposal-plan'> | Said<'proposal-refused'>>
  /** Never fails: a failure is an ending too. */
  apply(
    proposal: Proposal,
    options: { readonly onProgress: (progress: Said<'progress'>) => void; readonly signal: AbortSignal },
  ): Promise<Said<'finished'>>
}

/** Lists are cut here, so that a plan of any size fits into one message. */
const MAX_CHANGES = 1_000
const MAX_DIAGNOSTICS = 300
const MAX_REPORT_LINES = 500
const MAX_TEXT_CHARS = 400
/** Wait for another apply on this machine, for example one that a person started by hand. */
const LOCK_WAIT_SECONDS = 60

/** Contexts by the executor of this machine. */
export function createContextPort(
  deps: ApplyDeps,
  executor: { readonly applyContext: ApplyContext; readonly previewContext: PreviewContext },
): ContextPort {
  return {
    async preview(proposal, signal) {
      const mismatch = digestProblem(proposal)
      if (mismatch !== undefined) return refusal('digest-mismatch', mismatch)
      try {
        const { text, isStrict } = proposal
        return planAnswer(await executor.previewContext(deps, { text, isStrict, signal }))
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof CodedError)) throw error
        return refusal(error.code, withHint(error))
      }
    },
    async apply(proposal, { onProgress, signal }) {
      const start = deps.clock.monotonic()
      try {
        const report = await executor.applyContext(deps, {
          text: proposal.text,
          context: proposal.context,
          isStrict: proposal.isStrict,
          waitSeconds: LOCK_WAIT_SECONDS,
          signal,
          onProgress: (progress) => onProgress({ type: 'progress', ...progress }),
        })
        return { type: 'finished', summary: report.summary, report: cutLines(report.lines) }
      } catch (error) {
        if (!(error instanceof CodedError) && !signal.aborted) throw error
        const durationMs = Math.round(deps.clock.monotonic() - start)
        return failedEnd(error, deps.clock.now(), durationMs)
      }
    },
  }
}

function digestProblem({ text, context }: Proposal): string | undefined {
  const digest = createHash('sha256').update(text).digest('hex')
  return digest === context.digest ? undefined : 'The text of the context is not the one that its digest names.'
}

function planAnswer(preview: ApplyPreview): Said<'proposal-plan'> | Said<'proposal-refused'> {
  const diagnostics = preview.diagnostics.slice(0, MAX_DIAGNOSTICS).map(wireDiagnostic)
  if (preview.changes === undefined) {
    return { ...refusal('invalid', 'The context has problems and was not planned.'), diagnostics }
  }
  const changes = preview.changes.filter((change) => change.action !== 'none')
  const shown = changes.slice(0, MAX_CHANGES).flatMap(wireChange)
  return { type: 'proposal-plan', changes: shown, diagnostics: [...diagnostics, ...cutNote(changes.length)] }
}

function cutNote(total: number): Said<'proposal-plan'>['diagnostics'] {
  if (total <= MAX_CHANGES) return []
  const message = `The plan has ${total} changes; the first ${MAX_CHANGES} are listed.`
  return [{ severity: 'info', code: 'plan-cut', message, line: 1, column: 1 }]
}

function wireChange({ action, resource, summary, undo }: Change): readonly WireChange[] {
  if (action === 'none') return []
  return [
    { action, address: shorten(addressOf(resource), MAX_TEXT_CHARS), summary: shorten(summary, MAX_TEXT_CHARS), undo },
  ]
}

function wireDiagnostic({
  severity,
  code,
  message,
  hint,
  span,
}: Diagnostic): Said<'proposal-plan'>['diagnostics'][number] {
  return {
    severity,
    code,
    message: shorten(message, MAX_TEXT_CHARS),
    ...(hint === undefined ? {} : { hint: shorten(hint, MAX_TEXT_CHARS) }),
    line: span.start.line,
    column: span.start.column,
  }
}

function refusal(code: string, message: string): Said<'proposal-refused'> {
  return { type: 'proposal-refused', code, message, diagnostics: [] }
}

function cutLines(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MAX_REPORT_LINES).map((line) => shorten(line, MAX_TEXT_CHARS))
  return lines.length > MAX_REPORT_LINES ? [...shown, `… and ${lines.length - MAX_REPORT_LINES} lines more`] : shown
}

function failedEnd(error: unknown, now: number, durationMs: number): Said<'finished'> {
  const code = error instanceof CodedError ? error.code : 'aborted'
  const message = error instanceof CodedError ? withHint(error) : 'The agent was asked to stop.'
  const summary: ApplySummary = {
    finishedAt: isoTime(now),
    outcome: code === 'rollback-failed' ? 'rollback-failed' : 'refused',
    changes: 0,
    warnings: 0,
    notDone: 0,
    durationMs,
    errorCode: code,
  }
  return { type: 'finished', summary, report: [message] }
}

function withHint(error: CodedError<string>): string {
  return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`
}

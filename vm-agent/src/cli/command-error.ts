import { CodedError, ContextError } from '@muster/contexts/fault.ts'
import { ReleaseError } from '@muster/contexts/release/release-error.ts'
import { printable } from '@muster/contexts/userdata/printable.ts'
import { ImageError, type ImageErrorCode } from '@muster/image-hooks/image-error.ts'
import { ConfigError } from '@muster/runtime/config-error.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import { ApplyError, EXIT_BY_CODE } from '../apply/apply-error.ts'
import { ControlError, type ControlErrorCode } from '../directory/control-error.ts'
import { AgentError } from '../identity/agent-error.ts'
import { UpdateError, type UpdateErrorCode } from '../update/update-error.ts'
import { type CommandIo, warn } from './command-io.ts'

/** Why a command line cannot be followed: `bad-file` the context cannot be read · `bad-root` there is no such tree. */
export type CommandErrorCode = 'bad-file' | 'bad-root'

/** A command line that cannot be followed. */
export class CommandError extends CodedError<CommandErrorCode> {}

const CONTROL_EXIT: Readonly<Record<ControlErrorCode, ExitCode>> = {
  'no-agent': EXIT.unavailable,
  'no-cluster': EXIT.unavailable,
  'not-permitted': EXIT.notPermitted,
  busy: EXIT.tryAgain,
  'not-understood': EXIT.unavailable,
}

const IMAGE_EXIT: Readonly<Record<ImageErrorCode, ExitCode>> = {
  'no-root-tree': EXIT.badInput,
  'no-agent': EXIT.badInput,
  'bad-option': EXIT.usage,
  'foreign-file': EXIT.badInput,
  'unsafe-path': EXIT.badInput,
  'not-installed': EXIT.badInput,
  'damaged-manifest': EXIT.badInput,
  'agent-runs': EXIT.tryAgain,
  'not-permitted': EXIT.notPermitted,
  'disk-full': EXIT.internal,
  'write-failed': EXIT.internal,
  'start-failed': EXIT.internal,
}

const UNAVAILABLE: ReadonlySet<UpdateErrorCode> = new Set(['unreachable', 'no-channel', 'no-agent'])

/** Exit code of a failure, as the reference of the commands lists them. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ApplyError) return EXIT_BY_CODE[error.code]
  if (error instanceof ContextError || error instanceof CommandError) return EXIT.badInput
  if (error instanceof ConfigError) return EXIT.badConfig
  if (error instanceof AgentError) return EXIT.failed
  if (error instanceof ImageError) return IMAGE_EXIT[error.code]
  if (error instanceof UpdateError) return UNAVAILABLE.has(error.code) ? EXIT.unavailable : EXIT.failed
  if (error instanceof ReleaseError) return EXIT.badInput
  if (error instanceof ControlError) return CONTROL_EXIT[error.code]
  return EXIT.internal
}

/** Runs a command to its end: a failure goes to standard error with its code and what to do next. */
export async function runCommand(io: CommandIo, isJson: boolean, work: () => Promise<ExitCode>): Promise<void> {
  try {
    io.setExitCode(await work())
  } catch (error) {
    if (io.signal.aborted && !(error instanceof CodedError)) warn(io, 'Stopped.')
    else if (isJson) warn(io, JSON.stringify({ error: describe(error) }))
    else for (const line of linesOf(error)) warn(io, line)
    io.setExitCode(io.signal.aborted && !(error instanceof CodedError) ? EXIT.failed : exitCodeOf(error))
  }
}

function describe(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof CodedError)) return { code: 'internal', message: messageOf(error) }
  return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
}

function linesOf(error: unknown): readonly string[] {
  if (error instanceof CodedError) {
    const head = `error[${printable(String(error.code))}]: ${printable(error.message)}`
    return error.hint === undefined ? [head] : [head, `  next: ${printable(error.hint)}`]
  }
  const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(1) : []
  return [`error[internal]: ${messageOf(error)}`, ...stack, '  This is a fault of muster-agent: please report it.']
}

function messageOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error))
}

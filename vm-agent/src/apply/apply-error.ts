import { CodedError } from '@muster/contexts/fault.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'

/**
 * Why an apply or a rollback did not do what was asked.
 *
 * `refused` the context has errors · `locked` another apply holds the lock · `not-permitted` the process may not read
 * or write here · `not-done` strict, and something could not be done · `disk-full` no space left · `link-loop` too many
 * symbolic links in a path · `wrong-type` something else is where a file, directory or link shall be ·
 * `unknown-account` a user or group that the machine does not have · `accounts-full` no free id left ·
 * `write-failed` another failure of the file system · `command-failed` a program failed and the resource does not
 * allow that · `too-large` a file above the limit · `aborted` stopped by a signal · `rollback-failed` the way back
 * failed, so the machine is neither as before nor as wanted · `changed-since` what shall be taken back was changed by
 * somebody else since · `nothing-to-roll-back` no apply to take back · `journal-damaged` the undo log cannot be read
 */
export type ApplyErrorCode =
  | 'refused'
  | 'locked'
  | 'not-permitted'
  | 'not-done'
  | 'disk-full'
  | 'link-loop'
  | 'wrong-type'
  | 'unknown-account'
  | 'accounts-full'
  | 'write-failed'
  | 'command-failed'
  | 'too-large'
  | 'aborted'
  | 'rollback-failed'
  | 'changed-since'
  | 'nothing-to-roll-back'
  | 'journal-damaged'

/** An apply or rollback that failed; `EXIT_BY_CODE` has the exit codes. */
export class ApplyError extends CodedError<ApplyErrorCode> {}

/** Exit code of each failure. */
export const EXIT_BY_CODE: Readonly<Record<ApplyErrorCode, ExitCode>> = {
  refused: EXIT.badInput,
  locked: EXIT.tryAgain,
  'not-permitted': EXIT.notPermitted,
  'not-done': EXIT.notPermitted,
  'disk-full': EXIT.failed,
  'link-loop': EXIT.failed,
  'wrong-type': EXIT.failed,
  'unknown-account': EXIT.failed,
  'accounts-full': EXIT.failed,
  'write-failed': EXIT.failed,
  'command-failed': EXIT.failed,
  'too-large': EXIT.failed,
  aborted: EXIT.failed,
  'rollback-failed': EXIT.internal,
  'changed-since': EXIT.failed,
  'nothing-to-roll-back': EXIT.failed,
  'journal-damaged': EXIT.internal,
}

/** @throws {ApplyError} aborted - the apply was told to stop */
export function throwIfStopped(signal: AbortSignal): void {
  if (!signal.aborted) return
  throw new ApplyError('aborted', 'the apply was told to stop', {
    cause: signal.reason,
    hint: 'Apply again when you like.',
  })
}

/** The code of a failed system call (`ENOENT`, …), or undefined for other errors. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Turns a failed system call on `path` into the error that people can act on; an `ApplyError` stays as it is. */
export function fileFault(error: unknown, path: string, verb: string): ApplyError {
  if (error instanceof ApplyError) return error
  const code = systemCodeOf(error)
  const options = { cause: error, details: { path, ...(code === undefined ? {} : { systemCode: code }) } }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new ApplyError('disk-full', `${path} cannot be ${verb}: no space is left on the disk`, {
        ...options,
        hint: 'Free some space and apply again.',
      })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ApplyError('not-permitted', `${path} cannot be ${verb} (${code})`, {
        ...options,
        hint: code === 'EROFS' ? 'The file system is read-only.' : 'Run as root, or use --root on a tree of your own.',
      })
    case 'ELOOP':
      return new ApplyError('link-loop', `${path} cannot be ${verb}: its symbolic links never end`, {
        ...options,
        hint: 'Correct the links on the machine.',
      })
    default:
      return new ApplyError('write-failed', `${path} cannot be ${verb}${code === undefined ? '' : ` (${code})`}`, {
        ...options,
        hint: 'Look at the path on the machine, then apply again.',
      })
  }
}

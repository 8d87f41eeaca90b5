import { ApiError } from '@muster/contexts/api/api-error.ts'
import { BootstrapError } from '@muster/contexts/bootstrap/bootstrap-error.ts'
import { CodedError, ContextError, PairingError } from '@muster/contexts/fault.ts'
import { ReleaseError } from '@muster/contexts/release/release-error.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'

/**
 * Why a command did not do its work.
 *
 * `usage` the command line makes no sense · `bad-file` a file that cannot be read or written · `no-server` no
 * coordinator is known · `not-signed-in` no token for it · `not-found` nothing of that name · `invalid-context` the
 * context has errors · `declined` the person said no · `not-interactive` a question, but nobody to ask ·
 * `bad-credentials-file` the stored sign-in cannot be used · `apply-failed` the machine could not apply the context
 */
export type CliErrorCode =
  | 'usage'
  | 'bad-file'
  | 'no-server'
  | 'not-signed-in'
  | 'not-found'
  | 'invalid-context'
  | 'declined'
  | 'not-interactive'
  | 'bad-credentials-file'
  | 'apply-failed'

/** A command that did not do its work. */
export class CliError extends CodedError<CliErrorCode> {}

const EXIT_BY_CODE: Readonly<Record<CliErrorCode, ExitCode>> = {
  usage: EXIT.usage,
  'bad-file': EXIT.badInput,
  'no-server': EXIT.usage,
  'not-signed-in': EXIT.notPermitted,
  'not-found': EXIT.failed,
  'invalid-context': EXIT.badInput,
  declined: EXIT.failed,
  'not-interactive': EXIT.usage,
  'bad-credentials-file': EXIT.badConfig,
  'apply-failed': EXIT.failed,
}

/** Exit code of a failure; what is not expected is an internal error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return EXIT_BY_CODE[error.code]
  if (error instanceof ContextError || error instanceof BootstrapError || error instanceof ReleaseError)
    return EXIT.badInput
  if (error instanceof PairingError) return error.code === 'pin-format' ? EXIT.usage : EXIT.tryAgain
  if (error instanceof ApiError) return exitCodeOfApi(error)
  return isAbort(error) ? EXIT.failed : EXIT.internal
}

/** True for the abort of a person who pressed Ctrl-C. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

function exitCodeOfApi(error: ApiError): ExitCode {
  if (error.code === 'pin-unknown') return EXIT.tryAgain
  switch (error.status) {
    case 0:
      return EXIT.unavailable
    case 400:
    case 409:
    case 413:
    case 422:
      return EXIT.badInput
    case 401:
    case 403:
      return EXIT.notPermitted
    case 404:
      return EXIT.failed
    case 410:
    case 412:
    case 429:
      return EXIT.tryAgain
    default:
      return EXIT.unavailable
  }
}

import { CodedError } from '@muster/contexts/fault.ts'
import { ConfigError } from '@muster/runtime/config-error.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import { ApplyError, EXIT_BY_CODE } from '../apply/apply-error.ts'
import { AgentError, type AgentErrorCode } from '../identity/agent-error.ts'

const EXIT_BY_AGENT_CODE: Readonly<Record<AgentErrorCode, ExitCode>> = {
  'state-damaged': EXIT.badConfig,
  'state-unusable': EXIT.notPermitted,
  'already-paired': EXIT.failed,
  'console-unusable': EXIT.badConfig,
  'already-running': EXIT.tryAgain,
}

/**
 * Says on standard error why a command failed and what to do, and sets the exit code; the process then ends by itself.
 * Bugs are thrown on, with their stack.
 */
export function endWithFault(error: unknown): void {
  if (!(error instanceof CodedError) && !(error instanceof ConfigError)) throw error
  const hint = error.hint === undefined ? '' : `  ${error.hint}\n`
  process.stderr.write(`muster-agent: ${error.message}\n${hint}`)
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: Error): ExitCode {
  if (error instanceof ConfigError) return EXIT.badConfig
  if (error instanceof AgentError) return EXIT_BY_AGENT_CODE[error.code]
  if (error instanceof ApplyError) return EXIT_BY_CODE[error.code]
  return EXIT.failed
}

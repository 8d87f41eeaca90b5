import { CodedError } from '@muster/contexts/fault.ts'

/**
 * Why the agent cannot run.
 *
 * `state-damaged` a file of the state directory is not what the agent wrote · `state-unusable` the state directory
 * cannot be read or written · `already-paired` a command would end a pairing and was not confirmed ·
 * `console-unusable` the console device cannot be written · `already-running` another agent runs on this state directory
 */
export type AgentErrorCode =
  | 'state-damaged'
  | 'state-unusable'
  | 'already-paired'
  | 'console-unusable'
  | 'already-running'

/** An agent that cannot run as asked; the commands choose the exit code by `code`. */
export class AgentError extends CodedError<AgentErrorCode> {}

/** The code of a failed system call (`ENOENT`, …), or undefined for other errors. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

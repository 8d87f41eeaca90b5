import { CodedError } from '@muster/contexts/fault.ts'

/**
 * Why the folder of a mesh node cannot be used.
 *
 * `unusable` a file or the folder cannot be read or written · `damaged` a file is not what was written there, and doing
 * without it would be wrong · `unsafe` a file is a link, or belongs to somebody else
 */
export type KeepingErrorCode = 'unusable' | 'damaged' | 'unsafe'

/** The folder of a mesh node cannot be used; exit code 74. */
export class KeepingError extends CodedError<KeepingErrorCode> {}

const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'Run as the user to whom the folder belongs.',
  EPERM: 'Run as the user to whom the folder belongs.',
  EROFS: 'The file system is read-only; give a writable state directory.',
  ENOSPC: 'The disk is full; free some space.',
  EDQUOT: 'The quota of the disk is used up; free some space.',
}

/** The error for a failed call to the system. @param verb - for example `written` */
export function unusable(path: string, verb: string, cause: unknown): KeepingError {
  const code = systemCode(cause)
  return new KeepingError('unusable', `${path} cannot be ${verb}${code === undefined ? '' : ` (${code})`}`, {
    cause,
    hint: HINTS[code ?? ''] ?? 'Check the state directory and its disk.',
    details: { path },
  })
}

/** The error for a file whose content is not what was written. @param hint - what to do about this file */
export function damaged(path: string, problem: string, hint: string): KeepingError {
  return new KeepingError('damaged', `${path} is damaged: ${problem}`, { hint, details: { path } })
}

/** The error for something that somebody else may have put there. */
export function unsafe(path: string, problem: string): KeepingError {
  return new KeepingError('unsafe', `${path} is not used: ${problem}`, {
    hint: `Look at who made ${path}, and remove it if it is not needed.`,
    details: { path },
  })
}

/** Code of a system error, for example `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

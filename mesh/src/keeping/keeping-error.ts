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

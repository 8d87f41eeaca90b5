import { CodedError } from '@muster/contexts/fault.ts'

/**
 * `usage` wrong options · `coordinator-failed` it did not start · `machine-failed` the agent ended or showed no PIN ·
 * `tour-failed` a check of the tour did not hold
 */
export type WorldErrorCode = 'usage' | 'coordinator-failed' | 'machine-failed' | 'tour-failed'

/** Why `npm start` cannot go on. */
export class WorldError extends CodedError<WorldErrorCode> {}

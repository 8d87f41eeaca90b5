import { ApplyError } from './apply-error.ts'
import { type StateLock, type StateLockOptions, takeStateLock } from './state-lock.ts'

/** Name of the lock's file in the state directory. */
export const APPLY_LOCK = 'apply.lock'

/**
 * Takes the lock that whoever changes the machine holds: one apply, rollback or recovery at a time.
 *
 * @throws {ApplyError} locked, not-permitted, disk-full, write-failed; the signal's reason
 */
export function takeApplyLock(
  stateDirectory: string,
  options: Omit<StateLockOptions, 'file' | 'heldBy'>,
): Promise<StateLock> {
  return takeStateLock(stateDirectory, { ...options, file: APPLY_LOCK, heldBy })
}

function heldBy(holder: string): ApplyError {
  return new ApplyError('locked', `another apply is under way: ${holder} holds the lock`, {
    hint: 'Wait for it to end, or give --wait SECONDS.',
  })
}

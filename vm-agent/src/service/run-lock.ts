import { prepareStateDirectory } from '../apply/state-directory.ts'
import { type StateLock, takeStateLock } from '../apply/state-lock.ts'
import { SYSTEM_PATH } from '../apply/system-environment.ts'
import { AgentError } from '../identity/agent-error.ts'

/** Name of the lock's file in the state directory. */
export const RUN_LOCK = 'run.lock'

/**
 * Takes the lock that a running agent holds from start to end: two would show two PINs for one machine, and answer
 * for each other. Nobody is waited for; the lock of a dead agent is free at once.
 *
 * @param now - epoch milliseconds
 * @throws {AgentError} already-running; {ApplyError} not-permitted, disk-full, write-failed
 */
export async function takeRunLock(stateDirectory: string, now: number): Promise<StateLock> {
  await prepareStateDirectory(stateDirectory)
  return takeStateLock(stateDirectory, {
    file: RUN_LOCK,
    waitSeconds: 0,
    command: 'muster-agent run',
    now,
    path: SYSTEM_PATH,
    heldBy: (holder) =>
      new AgentError('already-running', `another agent runs on ${stateDirectory}: ${holder}`, {
        hint: 'Stop that one first, or give this one a state directory of its own: --state DIR.',
      }),
  })
}

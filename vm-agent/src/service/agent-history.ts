import { transactionDepsOf } from '../apply/apply-context.ts'
import { ApplyError } from '../apply/apply-error.ts'
import { takeApplyLock } from '../apply/apply-lock.ts'
import type { ApplyDeps, Recovery } from '../apply/apply-report.ts'
import { readApplyStatus } from '../apply/apply-status.ts'
import { rememberRecovery } from '../apply/last-apply.ts'
import { recoverJournal } from '../apply/open-journal.ts'
import { SYSTEM_PATH } from '../apply/system-environment.ts'
import type { AgentHistory } from './run-agent.ts'

/** Wait for an apply that a person runs by hand while the agent starts. */
const LOCK_WAIT_SECONDS = 30

/**
 * What earlier runs have left: takes an apply back that did not end (the machine was switched off in the middle), and
 * tells which context the machine has.
 *
 * @throws {ApplyError} locked, not-permitted, journal-damaged
 */
export async function readAgentHistory(deps: ApplyDeps, signal: AbortSignal): Promise<AgentHistory> {
  const { hasOpenJournal } = await readApplyStatus(deps.stateDirectory)
  const recovery = hasOpenJournal ? await recover(deps, signal) : undefined
  const { lastApply } = await readApplyStatus(deps.stateDirectory)
  return {
    context: lastApply?.appliedContext,
    lastApply: lastApply?.summary,
    notices: recovery === undefined ? [] : [recoveryWords(recovery)],
  }
}

async function recover(deps: ApplyDeps, signal: AbortSignal): Promise<Recovery | undefined> {
  const path = deps.path ?? SYSTEM_PATH
  const lock = await takeApplyLock(deps.stateDirectory, {
    waitSeconds: LOCK_WAIT_SECONDS,
    command: 'muster-agent run',
    now: deps.clock.now(),
    path,
    signal,
  })
  try {
    const recovery = await recoverJournal(transactionDepsOf(deps, { path, clock: deps.clock }))
    if (recovery !== undefined) {
      const { isComplete, problems, contextDigest } = recovery
      deps.log.warn({ isComplete, problems, contextDigest }, 'an apply that had not ended was taken back')
      await remember(deps, recovery)
    }
    return recovery
  } finally {
    await lock.release()
  }
}

/** A full disk must not keep the agent from its work. */
async function remember(deps: ApplyDeps, recovery: Recovery): Promise<void> {
  try {
    await rememberRecovery(deps.stateDirectory, recovery, deps.clock.now())
  } catch (error) {
    if (!(error instanceof ApplyError)) throw error
    deps.log.warn({ code: error.code }, 'that it was taken back could not be kept')
  }
}

function recoveryWords({ isComplete, problems }: Recovery): string {
  return isComplete
    ? 'An apply that had been interrupted was taken back: the machine is as before it.'
    : `An apply that had been interrupted could NOT be taken back whole: ${problems.slice(0, 3).join('; ')}`
}

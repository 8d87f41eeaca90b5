import { type ClaimedMachine, claimMachine } from '@muster/contexts/pairing/claimant.ts'
import { parsePin } from '@muster/contexts/pairing/pin.ts'
import type { ContextVersion } from '@muster/contexts/wire/contexts.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { retry } from '@muster/runtime/retry.ts'
import type { DemoCluster } from './cluster/demo-cluster.ts'
import { showCluster } from './cluster/show-cluster.ts'
import type { RunningCoordinator } from './coordinator.ts'
import { createJudge, type Judge } from './judge.ts'
import type { RunningMachine } from './machine.ts'
import type { SeededAccount } from './seed.ts'
import { checkAliceTree } from './tree-checks.ts'
import { WorldError } from './world-error.ts'

/** What the tour walks through. */
export interface TourOptions {
  readonly account: SeededAccount
  readonly machine: RunningMachine
  /** Killed in the end: the cluster goes on without it. */
  readonly coordinator: RunningCoordinator
  readonly demo: DemoCluster
  readonly binFolder: string
  readonly write: (line: string) => void
  readonly signal: AbortSignal
}

const CONTEXT_NAME = 'alice'

/**
 * Pairs the machine through the real API with the real handshake, applies `alice.context`, and checks the result; then
 * shows a cluster whose service moves while its coordinator is dead.
 *
 * @returns the exit code: 0 when every check held, 1 otherwise
 */
export async function runTour(options: TourOptions): Promise<number> {
  const judge = createJudge(options.write)
  options.write('\nPair: type the PIN that the console shows')
  const pin = await options.machine.firstPin
  await refuseWrongPin(options, pin, judge)
  const claimed = await claim(options, pin)
  judge('the page is told which machine it is', claimed.claim.facts.hostname !== '')
  const { phrase } = await claimed.connect()
  judge(`both sides proved the PIN to each other (check phrase: ${phrase.join(' ')})`, true)
  await applyAndCheck(options, claimed, judge)
  await claimed.close()
  await showCluster({ ...options, judge })
  const failed = judge.failures()
  options.write(failed === 0 ? '\nThe tour is over; every check held.' : `\nThe tour is over; ${failed} checks failed.`)
  return failed === 0 ? EXIT.done : EXIT.failed
}

async function applyAndCheck(options: TourOptions, claimed: ClaimedMachine, judge: Judge): Promise<void> {
  const version = await versionOf(options)
  const proposal = {
    context: { id: version.contextId, name: version.contextName, version: version.version, digest: version.digest },
    text: version.body,
    isStrict: false,
  }
  options.write(`\nPlan: what ${CONTEXT_NAME} would change on this machine`)
  const plan = await claimed.propose(proposal)
  if (plan.type === 'proposal-refused') throw new WorldError('tour-failed', `The machine refused: ${plan.message}`)
  for (const change of plan.changes) options.write(`    ${change.summary}`)
  judge('the plan has changes, and no password in clear', plan.changes.length > 0 && !mentionsPassword(plan.changes))

  options.write('\nApply: watch the steps')
  const finished = await claimed.approve((step) => {
    if (step.phase !== 'started') options.write(`    ${step.index}/${step.total} ${step.phase} ${step.address}`)
  })
  judge(`the machine applied it in ${finished.summary.durationMs} ms`, finished.summary.outcome === 'applied')

  options.write('\nCheck: what the machine has become')
  const isRoot = process.getuid?.() === 0
  for (const { claim, holds } of await checkAliceTree(options.machine.root, isRoot)) judge(claim, holds)
  judge('the machine is listed with the context and version', await isListed(options))

  options.write('\nRepeat: the same context again')
  const again = await claimed.propose(proposal)
  judge('changes nothing', again.type === 'proposal-plan' && again.changes.length === 0)
  await claimed.withdraw()
}

/** Whether the coordinator lists the machine with the context; its report follows the end of the apply. */
async function isListed({ account, signal }: TourOptions): Promise<boolean> {
  const look = async () => {
    const [machine] = (await account.api.machines.list({ signal })).items
    const { context } = machine?.status ?? {}
    if (context?.name !== CONTEXT_NAME || context.version !== 1) throw new Error('not listed yet')
    return true
  }
  const pace = { attempts: 8, baseMs: 100, maxMs: 2000 }
  return retry(look, { ...pace, clock: systemClock, random: systemRandom, signal }).catch(() => false)
}

/** The password of the sample account is its name; only a password line would show it after a colon. */
function mentionsPassword(changes: readonly { readonly summary: string }[]): boolean {
  return changes.some(({ summary }) => summary.includes(':alice'))
}

async function versionOf({ account, signal }: TourOptions): Promise<ContextVersion> {
  const [context] = (await account.api.contexts.list({ name: CONTEXT_NAME, signal })).items
  if (context === undefined) throw new WorldError('tour-failed', `The sample context ${CONTEXT_NAME} is not there`)
  return account.api.contexts.version(context.id, context.latest.version, { signal })
}

function claim({ account, signal }: TourOptions, pin: string): Promise<ClaimedMachine> {
  return claimMachine({ api: account.api, pin: parsePin(pin), random: systemRandom, clock: systemClock, signal })
}

/** Shows that the right machine with a wrong secret half is refused, and that the PIN still works afterwards. */
async function refuseWrongPin(options: TourOptions, pin: string, judge: Judge): Promise<void> {
  const last = pin.endsWith('B') ? 'C' : 'B'
  const guess = await claim(options, pin.slice(0, -1) + last)
  const error: unknown = await guess.connect().catch((cause: unknown) => cause)
  judge('one wrong letter is refused', error instanceof Error && 'code' in error && error.code === 'pin-wrong')
  await guess.close()
}

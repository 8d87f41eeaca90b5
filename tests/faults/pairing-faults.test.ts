import type { ClaimedMachine } from '@muster/contexts/pairing/claimant.ts'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Person, signUp } from '../running/account.ts'
import { type Machine, startMachine } from '../running/agent.ts'
import { claimByPin, failureCode, proposalOf, withWrongSecret } from '../running/claim.ts'
import { type Coordinator, startCoordinator } from '../running/coordinator.ts'
import { until } from '../until.ts'

const CONTEXT = '[amiconfig]\nplugins=hostname\n[hostname]\nhostname=paired\n'

/** Several programs start one after the other, on machines that may be busy. */
vi.setConfig({ testTimeout: 180_000 })

/** Stops in reverse what a test has started, also when it failed. */
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop()
})

async function coordinatorOf(options = {}): Promise<Coordinator> {
  const coordinator = await startCoordinator(options)
  stops.push(() => coordinator.stop())
  return coordinator
}

function machineOf(url: string): Machine {
  const machine = startMachine(url)
  stops.push(() => machine.stop())
  return machine
}

/** From the PIN to an applied context; fails when anything on the way does. */
async function pairAndApply(person: Person, pin: string): Promise<void> {
  await finish(await claimByPin(person, pin))
}

async function finish(claimed: ClaimedMachine): Promise<void> {
  await claimed.connect()
  const answer = await claimed.propose(proposalOf('small', CONTEXT))
  expect(answer.type).toBe('proposal-plan')
  const { summary } = await claimed.approve(() => undefined)
  expect(['applied', 'unchanged']).toContain(summary.outcome)
  await claimed.close()
}

/** The machine tells its state by itself, soon after each change. */
async function reportsItsContext(person: Person): Promise<void> {
  await until('the machine to report its context', async () => {
    const [listed] = (await person.api.machines.list()).items
    return listed?.isOnline === true && listed.status.context?.name === 'small' ? true : undefined
  })
}

describe('a PIN', () => {
  test('with a wrong secret half burns after three tries, and the next one works', async () => {
    const coordinator = await coordinatorOf()
    const person = await signUp(coordinator.url)
    const machine = machineOf(coordinator.url)
    const pin = await machine.pin()
    for (const tries of [1, 2, 3]) {
      const claimed = await claimByPin(person, withWrongSecret(pin))
      expect(await failureCode(claimed.connect()), `try ${tries}`).toBe('pin-wrong')
      await claimed.close()
    }
    const next = await machine.pin(pin)
    expect(next).not.toBe(pin)
    expect(await failureCode(claimByPin(person, pin))).toBe('pin-unknown')
    await pairAndApply(person, next)
  })

  test('that was used is dead, and answers like one that never was', async () => {
    const coordinator = await coordinatorOf()
    const person = await signUp(coordinator.url)
    const other = await signUp(coordinator.url, 'bob')
    const machine = machineOf(coordinator.url)
    const pin = await machine.pin()
    await pairAndApply(person, pin)
    expect(await failureCode(claimByPin(other, pin))).toBe('pin-unknown')
    expect(await failureCode(claimByPin(other, 'ZZZZ-ZZZZ'))).toBe('pin-unknown')
    expect((await person.api.machines.list()).items).toHaveLength(1)
    expect((await other.api.machines.list()).items).toHaveLength(0)
  })
})

describe('a coordinator', () => {
  test('that is away when the agent starts: the console says so and why, and shows a PIN once it is there', async () => {
    const coordinator = await coordinatorOf({ isStarted: false })
    const machine = machineOf(coordinator.url)
    await machine.shows(/no PIN to be had[\s\S]*(refused|nothing listens|not reach)/i)
    await coordinator.start()
    const person = await signUp(coordinator.url)
    await pairAndApply(person, await machine.pin())
  })

  test('that is killed and started again in the middle of a pairing leaves a machine that can be paired', async () => {
    const coordinator = await coordinatorOf()
    const person = await signUp(coordinator.url)
    const machine = machineOf(coordinator.url)
    const pin = await machine.pin()
    const interrupted = await claimByPin(person, pin)
    await coordinator.kill()
    await machine.shows(/coordinator is away|no PIN to be had/i)
    await coordinator.start()
    await machine.shows(/coordinator is there again|PIN +[A-Z]{4}-[A-Z]{4}[\s\S]*PIN +[A-Z]{4}-[A-Z]{4}/)
    // The claim was stored: the person goes on where she was, unless the machine has asked for a new PIN meanwhile.
    const current = await machine.pin()
    if (current === pin) await finish(interrupted)
    else await pairAndApply(person, current)
    await reportsItsContext(person)
  })

  test('that is killed and started again after a pairing still knows the machine, which reports again', async () => {
    const coordinator = await coordinatorOf()
    const person = await signUp(coordinator.url)
    const machine = machineOf(coordinator.url)
    await pairAndApply(person, await machine.pin())
    await reportsItsContext(person)
    await coordinator.kill()
    await machine.shows(/gets no reports/i, 60_000)
    await coordinator.start()
    await machine.shows(/gets reports again/i, 60_000)
    await reportsItsContext(person)
  })
})

import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClaimedMachine, claimMachine } from '@muster/contexts/pairing/claimant.ts'
import { parsePin } from '@muster/contexts/pairing/pin.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { canBuildTrees } from '../capabilities.ts'
import { type Person, signUp } from '../running/account.ts'
import { type Machine, startMachine } from '../running/agent.ts'
import { proposalOf } from '../running/claim.ts'
import { startCoordinator } from '../running/coordinator.ts'
import { copyTree } from '../trees/debian-tree.ts'
import { until } from '../until.ts'

/** Several programs start one after the other, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000 })

const stops: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop()
})

/** A script that sleeps far longer than any test, as the last of two changes; the mark tells its processes. */
function contextWith(scriptStart: string) {
  const mark = `muster-${randomUUID()}`
  const script = `#!/bin/bash\n${scriptStart}\n(exec -a ${mark} sleep 100000)\nexit 0\n`
  return { mark, text: `${script}\n[amiconfig]\nplugins=hostname\n[hostname]\nhostname=paired\n` }
}

function processesOf(mark: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').startsWith(mark)
    } catch {
      return false
    }
  })
}

interface Scene {
  readonly person: Person
  readonly machine: Machine
  readonly claimed: ClaimedMachine
  readonly url: string
  readonly hostname: () => string
}

/** A machine that is paired and has a claimant. */
async function pairedScene(): Promise<Scene> {
  const coordinator = await startCoordinator()
  stops.push(() => coordinator.stop())
  const person = await signUp(coordinator.url)
  const tree = await copyTree()
  stops.push(() => tree.remove())
  const machine = startMachine(coordinator.url, tree.root)
  stops.push(() => machine.stop())
  const patience = new AbortController()
  stops.push(() => patience.abort(new Error('the test is over')))
  const pin = parsePin(await machine.pin())
  const { signal } = patience
  const claimed = await claimMachine({ api: person.api, pin, random: systemRandom, clock: systemClock, signal })
  await claimed.connect()
  const hostname = () => readFileSync(join(tree.root, 'etc/hostname'), 'utf8').trim()
  return { person, machine, claimed, url: coordinator.url, hostname }
}

/** Has the context applied as far as its script, which then runs. */
async function applyUntilScriptRuns({ claimed, hostname }: Scene, { mark, text }: ReturnType<typeof contextWith>) {
  expect((await claimed.propose(proposalOf('long', text))).type).toBe('proposal-plan')
  const finished = claimed.approve(() => undefined)
  finished.catch(() => undefined)
  await until('the script to run', () => (processesOf(mark).length > 0 ? true : undefined))
  expect(hostname()).toBe('paired')
  return { finished }
}

describe.runIf(canBuildTrees())('SIGTERM during an apply', () => {
  test('stops the script, takes all back, tells everybody, and ends with 0', async () => {
    const scene = await pairedScene()
    const { machine, person, hostname } = scene
    const before = hostname()
    const context = contextWith('')
    const apply = await applyUntilScriptRuns(scene, context)
    machine.program.child.kill('SIGTERM')
    const finished = await apply.finished
    expect(finished.summary).toMatchObject({ outcome: 'rolled-back', errorCode: 'aborted' })
    expect(finished.report.join('\n')).toContain('the apply was told to stop')
    expect((await machine.program.ended).code).toBe(0)
    expect(hostname()).toBe(before)
    expect(processesOf(context.mark)).toEqual([])
    expect(machine.console()).toMatch(/asked to stop[\s\S]*taken back[\s\S]*Last apply: [\s\S]*The agent has stopped/)
    const [listed] = (await person.api.machines.list()).items
    expect(listed?.status).toMatchObject({ state: 'failed', lastApply: { outcome: 'rolled-back' } })
  })

  test('twice ends at once, leaves no process, and the next start takes the apply back', async () => {
    const scene = await pairedScene()
    const { machine, url, hostname } = scene
    const before = hostname()
    // Only a machine that does not wait for it can end now.
    const context = contextWith("trap '' TERM")
    await applyUntilScriptRuns(scene, context)
    machine.program.child.kill('SIGTERM')
    await machine.shows(/asked to stop/)
    machine.program.child.kill('SIGTERM')
    expect(await machine.program.ended).toMatchObject({ code: 1, signal: null })
    expect(hostname()).toBe('paired')
    await until('the script to be gone', () => (processesOf(context.mark).length === 0 ? true : undefined))
    const next = startMachine(url, machine.root)
    stops.push(() => next.stop())
    await next.shows(/An apply that had been interrupted was taken back/)
    expect(hostname()).toBe(before)
    expect(existsSync(join(machine.root, 'var/lib/muster/journal'))).toBe(true)
    expect(readdirSync(join(machine.root, 'var/lib/muster/journal'))).toEqual([])
  })
})

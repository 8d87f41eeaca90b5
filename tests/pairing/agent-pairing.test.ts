import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ApiClient } from '@muster/contexts/api/client.ts'
import { type ClaimedMachine, claimMachine, DEFAULT_SILENCE_MS } from '@muster/contexts/pairing/claimant.ts'
import { parsePin } from '@muster/contexts/pairing/pin.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { askForPin } from '@muster/vm-agent/identity/pair-request.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PROJECT_ROOT, startProgram } from '../program.ts'
import { createPairingWorld, type PairingWorld, type WorldAgent } from './pairing-world.ts'

const CONTEXT = '[amiconfig]\nplugins=hostname\n[hostname]\nhostname=paired.example.org\n'
/** Applies a context and is killed in the middle. */
const KILLED_APPLY = join(PROJECT_ROOT, 'vm-agent/test/run/killed-apply.ts')

let world: PairingWorld

beforeEach(async () => {
  world = await createPairingWorld()
})

afterEach(() => world.close())

/** Lets time pass while a promise is waited for. */
async function during<T>(what: string, promise: Promise<T>): Promise<T> {
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  promise.then(
    (value) => {
      outcome = { value }
    },
    (error: unknown) => {
      outcome = { error }
    },
  )
  const settled = await world.until(what, () => outcome)
  if ('error' in settled) throw settled.error
  return settled.value
}

function nextPin(agent: WorldAgent, before: readonly string[] = []): Promise<string> {
  return world.until('a PIN', () => agent.pins().find((pin) => !before.includes(pin)))
}

function claim(api: ApiClient, pin: string): Promise<ClaimedMachine> {
  const { clock } = world
  const signal = new AbortController().signal
  return during('the claim', claimMachine({ api, pin: parsePin(pin), random: systemRandom, clock, signal }))
}

function proposalOf(text: string) {
  const digest = createHash('sha256').update(text).digest('hex')
  return { context: { name: 'small', version: 2, digest }, text, isStrict: false }
}

function wrong(pin: string): string {
  return pin.slice(0, -1) + (pin.endsWith('B') ? 'C' : 'B')
}

/** Each PIN stands once in the serial console, and no PIN or secret half in the log. */
function expectDiscretion(agent: WorldAgent): void {
  expect(new Set(agent.pins()).size).toBe(agent.pins().length)
  for (const pin of agent.pins()) {
    expect(agent.log()).not.toContain(pin)
    expect(agent.log()).not.toContain(pin.slice(5))
  }
}

async function pairWith(api: ApiClient, agent: WorldAgent): Promise<ClaimedMachine> {
  const claimed = await claim(api, await nextPin(agent))
  await during('the handshake', claimed.connect())
  return claimed
}

test('the right PIN pairs the machine, and the approved context is applied and reported', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  const claimed = await pairWith(alice, agent)
  const answer = await during('the plan', claimed.propose(proposalOf(CONTEXT)))
  expect(answer).toMatchObject({
    type: 'proposal-plan',
    changes: expect.arrayContaining([expect.objectContaining({ address: 'hostname' })]),
  })
  const steps: string[] = []
  const { summary } = await during(
    'the apply',
    claimed.approve((step) => steps.push(step.phase)),
  )
  expect(summary.outcome).toBe('applied')
  expect(steps).toContain('done')
  expect(await readFile(join(world.root, 'etc/hostname'), 'utf8')).toContain('paired')

  const listed = await world.until('the report', async () => {
    const [machine] = (await alice.machines.list()).items
    return machine?.status.state === 'configured' ? machine : undefined
  })
  expect(listed.status.context).toMatchObject({ name: 'small', version: 2 })
  expect(agent.serial()).toContain('This machine belongs to alice.')
  expect(agent.serial()).toContain('Context: small, version 2')
  expect((await stat(join(agent.stateDir, 'machine.json'))).mode & 0o777).toBe(0o600)
  expectDiscretion(agent)
})

test('another proposal may follow on the same claim, and one with a wrong digest is refused', async () => {
  const agent = await world.startAgent()
  const claimed = await pairWith(await world.signUp('alice'), agent)
  const forged = { ...proposalOf(CONTEXT), text: `${CONTEXT}# more\n` }
  expect(await during('the refusal', claimed.propose(forged))).toMatchObject({ code: 'digest-mismatch' })
  for (const outcome of ['applied', 'unchanged']) {
    await during('the plan', claimed.propose(proposalOf(CONTEXT)))
    const finished = await during(
      'the apply',
      claimed.approve(() => undefined),
    )
    expect(finished.summary.outcome).toBe(outcome)
  }
})

test('a context with errors is refused with its problems, and nothing changes', async () => {
  const agent = await world.startAgent()
  const claimed = await pairWith(await world.signUp('alice'), agent)
  const text = '[amiconfig]\nplugins=hostname\n[hostname]\nhostname=not a name!\n'
  const strict = { ...proposalOf(text), isStrict: true }
  const answer = await during('the refusal', claimed.propose(strict))
  expect(answer).toMatchObject({ type: 'proposal-refused', code: 'invalid' })
  expect(answer.diagnostics.length).toBeGreaterThan(0)
})

test('three wrong PINs burn the PIN; the next one comes after a pause and works', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  const pin = await nextPin(agent)
  for (let tries = 1; tries <= 3; tries++) {
    const claimed = await claim(alice, wrong(pin))
    await expect(during('the handshake', claimed.connect())).rejects.toMatchObject({ code: 'pin-wrong' })
  }
  const next = await nextPin(agent, [pin])
  expect(agent.serial()).toContain('A wrong PIN was tried (2 of 3).')
  expect(agent.serial()).toContain('given up after wrong tries')
  await expect(claim(alice, pin)).rejects.toMatchObject({ code: 'pin-unknown' })
  const claimed = await claim(alice, next)
  await during('the handshake', claimed.connect())
  expectDiscretion(agent)
})

test('a message that is no handshake ends the claim and leaves the PIN', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  const pin = await nextPin(agent)
  const { claim: made } = await claim(alice, pin)
  const body = 'A'.repeat(1000)
  await alice.pairings.post(made.pairingId, { claimId: made.claimId, body }, { claim: made.claimId })
  await world.until('the end of the claim', async () => {
    const mailbox = await alice.pairings.messages(made.pairingId, { claim: made.claimId })
    return mailbox.claimEnd === 'protocol' ? true : undefined
  })
  await pairWith(alice, agent)
  expect(agent.pins()).toEqual([pin])
})

/** What a claimant hears, and that she hears it long before she would take the silence for an answer. */
async function expectEnded(answer: Promise<unknown>, code: string): Promise<void> {
  const since = world.clock.monotonic()
  await expect(during('the end', answer)).rejects.toMatchObject({ code: 'ended', details: { code } })
  expect(world.clock.monotonic() - since).toBeLessThan(DEFAULT_SILENCE_MS / 4)
}

test('a claimant hears at once that the machine ended the conversation, and why', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  const claimed = await pairWith(alice, agent)
  await during('the plan', claimed.propose(proposalOf(CONTEXT)))
  const before = agent.pins()
  await askForPin(agent.stateDir)
  const next = await nextPin(agent, before)
  await expectEnded(
    claimed.approve(() => undefined),
    'renewed',
  )
  const again = await claim(alice, next)
  await during('the handshake', again.connect())
  await during('the plan', again.propose(proposalOf(CONTEXT)))
  await agent.stop()
  await expectEnded(
    again.approve(() => undefined),
    'stopping',
  )
})

test('garbage after the handshake ends the talk, and the machine stays paired and alive', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  const claimed = await pairWith(alice, agent)
  const { claim: made } = claimed
  const body = 'A'.repeat(1000)
  await alice.pairings.post(made.pairingId, { claimId: made.claimId, body }, { claim: made.claimId })
  await world.until('the end of the talk', () => (agent.log().includes('does not fit the channel') ? true : undefined))
  await expectEnded(claimed.propose(proposalOf(CONTEXT)), 'protocol')
  await world.clock.advance(60_000)
  const [machine] = (await alice.machines.list()).items
  expect(machine).toMatchObject({ isOnline: true, status: { state: 'paired' } })
})

test('a claim that is given up brings the PIN back', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  const pin = await nextPin(agent)
  await during('giving up', (await claim(alice, pin)).close())
  await pairWith(alice, agent)
  expect(agent.pins()).toEqual([pin])
})

test('an expired PIN is replaced by itself, and the old one is dead', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  const pin = await nextPin(agent)
  await world.clock.advance(15 * 60_000)
  const next = await nextPin(agent, [pin])
  await expect(claim(alice, pin)).rejects.toMatchObject({ code: 'pin-unknown' })
  const claimed = await claim(alice, next)
  await during('the handshake', claimed.connect())
  expectDiscretion(agent)
})

test('a coordinator that is down at the start: the console says so and why, and the PIN comes when it is back', async () => {
  await world.takeDown()
  const agent = await world.startAgent()
  await world.until('the reason', () => (agent.serial().includes('Nothing accepts connections') ? true : undefined))
  await world.clock.advance(90_000)
  expect(agent.serial().match(/no PIN to be had/g)).toHaveLength(1)
  expect(agent.screen()).toContain('Next try in')
  await world.bringUp()
  await nextPin(agent)
})

test('a coordinator that is restarted with its data keeps the PIN, one without gets a new one', async () => {
  const agent = await world.startAgent()
  const pin = await nextPin(agent)
  await world.takeDown()
  await world.until('the outage', () => (agent.serial().includes('is away just now') ? true : undefined))
  await world.bringUp()
  await world.until('the end', () => (agent.serial().includes('The PIN above is still valid') ? true : undefined))
  expect(agent.pins()).toEqual([pin])
  await world.takeDown()
  await world.bringUp({ isEmpty: true })
  await nextPin(agent, [pin])
  await pairWithNewest(agent)
})

async function pairWithNewest(agent: WorldAgent): Promise<void> {
  const claimed = await claim(await world.signUp('alice'), agent.pins().at(-1) ?? '')
  await during('the handshake', claimed.connect())
}

test('a coordinator that is restarted in the middle of a claim leaves a machine that can be paired', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  await claim(alice, await nextPin(agent))
  await world.takeDown()
  await world.clock.advance(5_000)
  await world.bringUp()
  await world.clock.advance(3 * 60_000)
  const claimed = await claim(alice, agent.pins().at(-1) ?? '')
  await during('the handshake', claimed.connect())
})

test('an agent that is restarted after pairing is still paired, and reports', async () => {
  const first = await world.startAgent()
  const alice = await world.signUp('alice')
  await pairWith(alice, first)
  await world.until('the record', () => stat(join(first.stateDir, 'machine.json')).catch(() => undefined))
  await first.stop()
  await world.clock.advance(10 * 60_000)
  expect((await alice.machines.list()).items[0]).toMatchObject({ isOnline: false })
  const second = await world.startAgent()
  await world.until('the report', async () => ((await alice.machines.list()).items[0]?.isOnline ? true : undefined))
  expect(second.pins()).toEqual([])
})

test('the owner hears of an apply that was cut off, once the next start has taken it back', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  const claimed = await pairWith(alice, agent)
  await during('the plan', claimed.propose(proposalOf(CONTEXT)))
  await during(
    'the apply',
    claimed.approve(() => undefined),
  )
  await agent.stop()
  const other = CONTEXT.replace('paired', 'other')
  expect((await startProgram(process.execPath, [KILLED_APPLY, world.root, agent.stateDir, other]).ended).signal).toBe(
    'SIGKILL',
  )
  await world.startAgent()
  const { status } = await world.until('the report', async () => {
    const [machine] = (await alice.machines.list()).items
    return machine?.status.state === 'failed' ? machine : undefined
  })
  expect(status.lastApply).toMatchObject({ outcome: 'rolled-back', errorCode: 'interrupted' })
  expect(status.context, 'it still has the one before').toMatchObject({ name: 'small', version: 2 })
})

test('an agent that stops burns its PIN', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  const pin = await nextPin(agent)
  await agent.stop()
  await expect(claim(alice, pin)).rejects.toMatchObject({ code: 'pin-unknown' })
  expect(agent.serial()).toContain('The agent has stopped')
})

test('a machine that its owner removes says so, and is paired again when somebody at the machine asks', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  await pairWith(alice, agent)
  const [machine] = (await alice.machines.list()).items
  await alice.machines.forget(machine?.id ?? '')
  await world.clock.advance(30_000)
  await world.until('the news', () => (agent.serial().includes('alice has removed this machine') ? true : undefined))
  const before = agent.pins()
  await askForPin(agent.stateDir)
  const next = await nextPin(agent, before)
  const bob = await world.signUp('bob')
  const claimed = await claim(bob, next)
  await during('the handshake', claimed.connect())
  await world.until('the owner', () => (agent.serial().includes('belongs to bob') ? true : undefined))
})

test('the screen has no PIN any more once the machine is paired', async () => {
  const agent = await world.startAgent()
  const alice = await world.signUp('alice')
  const pin = await nextPin(agent)
  await pairWith(alice, agent)
  await world.until('the owner', () => (agent.screen().includes('belongs to alice') ? true : undefined))
  expect(lastScreen(agent.screen())).not.toContain(pin)
})

const ESCAPE = '\u001b'

/** What the terminal shows after all that was written to it. */
function lastScreen(written: string): string {
  const rows: string[] = []
  const line = new RegExp(`${ESCAPE}\\[(\\d+);1H([^${ESCAPE}]*)${ESCAPE}\\[K`, 'g')
  for (const match of written.matchAll(line)) rows[Number(match[1]) - 1] = match[2] ?? ''
  return rows.join('\n')
}

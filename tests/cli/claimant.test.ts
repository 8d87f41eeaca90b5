import { createApiClient } from '@muster/contexts/api/client.ts'
import { type ClaimedMachine, type ClaimOptions, claimMachine } from '@muster/contexts/pairing/claimant.ts'
import { formatPhrase } from '@muster/contexts/pairing/phrase.ts'
import { parsePin } from '@muster/contexts/pairing/pin.ts'
import type { MachineMessage } from '@muster/contexts/wire/channel.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, signUp } from '../running/account.ts'
import { failureCode } from '../running/claim.ts'
import { type CoordinatorHere, startCoordinatorHere } from './coordinator-here.ts'
import { issueMachine, OBEDIENT, type ScriptedMachine } from './scripted-machine.ts'

let coordinator: CoordinatorHere
let alice: Person
beforeAll(async () => {
  coordinator = await startCoordinatorHere()
  alice = await signUp(coordinator.url, 'alice')
})
afterAll(() => coordinator.stop())

const PROPOSAL = { context: { name: 'x', digest: 'ab'.repeat(32) }, text: '[cernvm]\n', isStrict: false }

function claim(machine: ScriptedMachine, more: Partial<ClaimOptions> = {}): Promise<ClaimedMachine> {
  const signal = AbortSignal.timeout(60_000)
  const pin = parsePin(machine.pin)
  return claimMachine({ api: alice.api, pin, random: systemRandom, clock: systemClock, signal, ...more })
}

describe('a claimant', () => {
  test('may propose again after a refusal or after withdrawing, and both sides show the same phrase', async () => {
    const machine = await issueMachine(coordinator.url)
    const refused: MachineMessage = { type: 'proposal-refused', code: 'invalid', message: 'no', diagnostics: [] }
    let proposals = 0
    const serving = machine.serve((message) =>
      message.type === 'propose' && ++proposals === 1 ? [refused] : OBEDIENT(message),
    )
    const claimed = await claim(machine)
    const { phrase } = await claimed.connect()
    expect(await claimed.propose(PROPOSAL)).toEqual(refused)
    expect(await claimed.propose(PROPOSAL)).toMatchObject({ type: 'proposal-plan' })
    const steps: string[] = []
    const end = await claimed.approve(({ phase }) => steps.push(phase))
    expect(end.summary.outcome).toBe('applied')
    expect(steps).toEqual(['started', 'done'])
    expect((await serving).phrase).toBe(formatPhrase(phrase))
    await claimed.close()
  })

  test('hears of a machine that does not answer', async () => {
    const machine = await issueMachine(coordinator.url)
    const claimed = await claim(machine, { silenceMs: 300 })
    expect(await failureCode(claimed.connect())).toBe('machine-silent')
    await claimed.close()
    expect((await machine.api.pairings.messages(machine.pairing.pairingId)).state).toBe('waiting')
  })

  test('hears of a machine that falls silent after the handshake', async () => {
    const machine = await issueMachine(coordinator.url)
    const serving = machine.serve(() => []).catch(() => undefined)
    const claimed = await claim(machine, { silenceMs: 2000 })
    await claimed.connect()
    expect(await failureCode(claimed.propose(PROPOSAL))).toBe('machine-silent')
    expect(serving).toBeInstanceOf(Promise)
  })

  test.each(['proposal', 'approval'])(
    'hears that the machine ended the conversation at the %s, and why',
    async (at) => {
      const machine = await issueMachine(coordinator.url)
      const closed: MachineMessage = { type: 'closed', code: 'renewed', message: 'somebody asked for a new PIN' }
      const isLast = (type: string) => type === (at === 'proposal' ? 'propose' : 'approve')
      const serving = machine.serve((message) => (isLast(message.type) ? [closed] : OBEDIENT(message)))
      const claimed = await claim(machine)
      await claimed.connect()
      const talk = async () => {
        await claimed.propose(PROPOSAL)
        await claimed.approve(() => undefined)
      }
      await expect(talk()).rejects.toMatchObject({
        code: 'ended',
        message: expect.stringContaining('somebody asked for a new PIN'),
        details: { code: 'renewed' },
      })
      await serving
    },
  )

  test('hears that the machine has burned its PIN', async () => {
    const machine = await issueMachine(coordinator.url)
    const claimed = await claim(machine)
    const connecting = failureCode(claimed.connect())
    await machine.answerShare()
    await machine.api.pairings.burn(machine.pairing.pairingId)
    expect(await connecting).toBe('ended')
  })

  test.each([
    ['declined', 'declined'],
    ['protocol', 'protocol'],
    ['wrong-pin', 'pin-wrong'],
  ] as const)('hears why the machine rejected the claim: %s', async (reason, code) => {
    const machine = await issueMachine(coordinator.url)
    const claimed = await claim(machine)
    const connecting = failureCode(claimed.connect())
    const { claimId } = await machine.answerShare()
    await machine.api.pairings.rejectClaim(machine.pairing.pairingId, { claimId, reason })
    expect(await connecting).toBe(code)
  })

  test('goes on through lost connections, and a message that arrives twice counts once', async () => {
    const machine = await issueMachine(coordinator.url)
    let calls = 0
    const unsteady = createApiClient({
      baseUrl: coordinator.url,
      random: systemRandom,
      async fetch(url, init) {
        calls += 1
        if (calls % 3 === 1) throw new TypeError('fetch failed')
        const response = await alice.fetch(url, init)
        // The request was heard, its answer is lost: the client cannot know, and sends the message again.
        if (calls % 3 === 2 && init.method === 'POST' && url.includes('/messages')) throw new TypeError('fetch failed')
        return response
      },
    })
    const serving = machine.serve(OBEDIENT)
    const hasty = { ...systemClock, sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(1, signal) }
    calls = 1
    const claimed = await claim(machine, { api: unsteady, clock: hasty })
    await claimed.connect()
    await claimed.propose(PROPOSAL)
    expect((await claimed.approve(() => undefined)).summary.outcome).toBe('applied')
    expect((await serving).said.map(({ type }) => type)).toEqual(['propose', 'approve'])
  })

  test('stops at once when it is told to', async () => {
    const machine = await issueMachine(coordinator.url)
    const enough = new AbortController()
    const claimed = await claim(machine, { signal: enough.signal })
    const connecting = claimed.connect()
    enough.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
  })

  test('cannot post to the machine of somebody else', async () => {
    const machine = await issueMachine(coordinator.url)
    const claimed = await claim(machine)
    const bob = await signUp(coordinator.url, 'bob')
    const body = { claimId: claimed.claim.claimId, body: 'AA' }
    const posting = bob.api.pairings.post(claimed.claim.pairingId, body, { claim: claimed.claim.claimId })
    expect(await failureCode(posting)).toBe('not-found')
  })
})

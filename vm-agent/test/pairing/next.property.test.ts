import { Secret } from '@muster/contexts/secret.ts'
import type { PairingEffect, PairingEvent } from '@muster/vm-agent/pairing/events.ts'
import { nextPairing } from '@muster/vm-agent/pairing/next.ts'
import { type PairingState, unpairedState, wakeAt } from '@muster/vm-agent/pairing/state.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Happening, machine, proposal } from './story.ts'

const failure = fc.oneof(
  fc.constant({ kind: 'gone' } as const),
  fc.record({
    kind: fc.constant('trouble' as const),
    spread: fc.double({ min: 0, max: 1, noNaN: true }),
    trouble: fc.record(
      { cause: fc.constantFrom('dns', 'busy', 'server'), detail: fc.string(), retryAfterMs: fc.nat() },
      { requiredKeys: ['cause', 'detail'] },
    ),
  }),
)
const pairingId = fc.constantFrom('pair_1', 'pair_2', 'pair_3')
const claimId = fc.constantFrom('clm_1', 'clm_2', 'clm_3', 'clm_4')
const request = fc.nat({ max: 6 })
const number = fc.nat({ max: 4 })
const mailbox = fc.constantFrom('waiting', 'claimed', 'claimed', 'completed', 'burned', 'expired')
const claimant = fc.option(
  claimId.map((id) => ({ claimId: id, accountId: 'acc_1', login: 'eve' })),
  { nil: undefined },
)
const message = fc.constantFrom(proposal, { type: 'approve' } as const, { type: 'withdraw' } as const)
const answer = fc.constantFrom<Extract<PairingEvent, { type: 'planned' }>['answer'][]>(
  { type: 'proposal-plan', changes: [], diagnostics: [] },
  { type: 'proposal-refused', code: 'invalid', message: 'no', diagnostics: [] },
)
const finished: Extract<PairingEvent, { type: 'applied' }>['finished'] = {
  type: 'finished',
  report: [],
  summary: {
    finishedAt: '2026-11-22T10:00:00Z',
    outcome: 'applied',
    changes: 0,
    warnings: 0,
    notDone: 0,
    durationMs: 1,
  },
}

/** Any event, whether it fits or not. */
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.constant({ type: 'start' } as const),
  fc.constant({ type: 'tick' } as const),
  fc.constant({ type: 'network-changed' } as const),
  fc.record({
    type: fc.constant('issued' as const),
    request,
    pairingId,
    pin: fc.constant({ locator: 'WDJB', secret: new Secret('') }),
    verificationUrl: fc.constant('x'),
  }),
  fc.record({ type: fc.constant('request-failed' as const), request, failure }),
  fc.record({ type: fc.constant('polled' as const), pairingId, mailbox, claimant }),
  fc.record({ type: fc.constant('poll-failed' as const), pairingId, failure }),
  fc.record({
    type: fc.constant('handshake-ended' as const),
    claimId,
    outcome: fc.constantFrom('confirmed', 'wrong-pin', 'wrong-pin', 'wrong-pin', 'protocol'),
  }),
  fc.record({ type: fc.constant('completed' as const), claimId, machine: fc.constant(machine) }),
  fc.record({ type: fc.constant('complete-failed' as const), claimId, failure }),
  fc.record({ type: fc.constant('message' as const), claimId, message }),
  fc.record({ type: fc.constant('bad-message' as const), claimId }),
  fc.record({ type: fc.constant('planned' as const), number, answer }),
  fc.record({
    type: fc.constant('applied' as const),
    number,
    finished: fc.constant(finished),
  }),
  fc.constant({ type: 'renew' } as const),
  fc.constant({ type: 'forgotten' } as const),
)

interface Move {
  readonly happening: Happening
  /** Whether its ids are made to fit the state. */
  readonly isFitting: boolean
  readonly waitMs: number
}

const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.record({
    happening,
    isFitting: fc.boolean(),
    waitMs: fc.oneof(fc.nat({ max: 2000 }), fc.nat({ max: 1_000_000 })),
  }),
  { maxLength: 120 },
)

/** Makes an event fit the state where it can, and gives each issued PIN a secret of its own, as the driver does. */
function adapt(state: PairingState, event: Happening, isFitting: boolean, secret: Secret): Happening {
  const live = 'live' in state ? state.live : undefined
  const claim = 'claimant' in state ? state.claimant.claimId : undefined
  if (event.type === 'issued') {
    return {
      ...event,
      pin: { locator: 'WDJB', secret },
      ...(isFitting && 'request' in state ? { request: state.request } : {}),
    }
  }
  if (!isFitting) return event
  if ('pairingId' in event && live !== undefined) return { ...event, pairingId: live.pairingId }
  if ('claimId' in event && claim !== undefined) return { ...event, claimId: claim }
  return event
}

interface Played {
  readonly before: PairingState
  readonly event: PairingEvent
  readonly after: PairingState
  readonly effects: readonly PairingEffect[]
}

function play(list: readonly Move[]): readonly Played[] {
  let state: PairingState = unpairedState
  let at = 0
  return list.map((move, index) => {
    at += move.waitMs
    const fitted = adapt(state, move.happening, move.isFitting, new Secret(`S${index}`))
    const event = { ...fitted, at } as PairingEvent
    const before = state
    const step = nextPairing(before, event)
    state = step.state
    return { before, event, after: state, effects: step.effects }
  })
}

function secretsIn(value: unknown): readonly Secret[] {
  if (value instanceof Secret) return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : []
}

const runs = { numRuns: 2000, seed: 20261122 }

test('no sequence of events throws, and each state knows when to wake', () => {
  fc.assert(
    fc.property(moves, (list) => {
      for (const { after, event } of play(list)) {
        const wake = wakeAt(after)
        expect(wake === undefined || typeof wake === 'number').toBe(true)
        expect(Number.isNaN(wake ?? 0), event.type).toBe(false)
      }
    }),
    runs,
  )
})

/** What a person at the console and a guesser at the coordinator see of the PINs. */
function createWitness() {
  const cleared = new Set<string>()
  let shown = ''
  let wrong = 0
  return (effect: PairingEffect) => {
    switch (effect.type) {
      case 'show':
        shown = effect.pin.secret.reveal()
        wrong = 0
        return expect(cleared.has(shown)).toBe(false)
      case 'clear':
        return cleared.add(shown)
      case 'reject':
        wrong += effect.reason === 'wrong-pin' ? 1 : 0
        return expect(wrong).toBeLessThanOrEqual(3)
      case 'begin-handshake':
        expect(cleared.has(shown)).toBe(false)
        return expect(wrong).toBeLessThan(3)
      default:
        return undefined
    }
  }
}

test('no PIN is tried more than three times, and none is shown again once it was cleared', () => {
  fc.assert(
    fc.property(moves, (list) => {
      const watch = createWitness()
      for (const { effects } of play(list)) for (const effect of effects) watch(effect)
    }),
    runs,
  )
})

test('the secret of a PIN is in no effect but the one that shows it', () => {
  fc.assert(
    fc.property(moves, (list) => {
      for (const { effects } of play(list)) {
        for (const effect of effects) {
          const foreign = secretsIn(effect).filter((secret) => secret !== machine.machineToken)
          expect(foreign).toHaveLength(effect.type === 'show' ? 1 : 0)
        }
      }
    }),
    runs,
  )
})

test('after a wrong try, a further PIN is asked for only after a pause', () => {
  fc.assert(
    fc.property(moves, (list) => {
      for (const { before, after, effects } of play(list)) {
        const hadWrongTry = 'live' in before && before.live.wrongTries > 0
        if (hadWrongTry && after.phase !== 'paired') {
          expect(effects.map((effect) => effect.type)).not.toContain('request')
        }
        if (before.phase === 'pausing') expect(['pausing', 'requesting']).toContain(after.phase)
      }
    }),
    runs,
  )
})

test('a context is applied only after its own plan was sent and approved', () => {
  fc.assert(
    fc.property(moves, (list) => {
      let planned = -1
      for (const { event, effects } of play(list)) {
        for (const effect of effects) {
          if (effect.type === 'send' && effect.message.type === 'proposal-plan' && event.type === 'planned') {
            planned = event.number
          }
          if (effect.type === 'apply') {
            expect(event).toMatchObject({ type: 'message', message: { type: 'approve' } })
            expect(effect.number).toBe(planned)
          }
        }
      }
    }),
    runs,
  )
})

import { decodeBase64url, encodeBase64url } from '@muster/contexts/pairing/bytes.ts'
import { createClaimantChannel } from '@muster/contexts/pairing/channel.ts'
import { confirmMachine, finishClaimant, startClaimant } from '@muster/contexts/pairing/handshake.ts'
import { Secret } from '@muster/contexts/secret.ts'
import type { MachineMessage } from '@muster/contexts/wire/channel.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { type ClaimEvent, createClaimDesk } from '@muster/vm-agent/pairing/claim-desk.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const agentPublicKey = encodeBase64url(new Uint8Array(32).fill(7))
const claimant = { claimId: 'clm_1', accountId: 'acc_1', login: 'alice' }
const binding = { pairingId: 'pair_1', claimId: 'clm_1', accountId: 'acc_1', agentPublicKey }

/** A desk whose outbox is a list, with a claim begun. */
function createTestDesk() {
  const posted: string[] = []
  const told: ClaimEvent[] = []
  const desk = createClaimDesk({
    random: createSeededRandom(3),
    log: silentLog,
    agentPublicKey,
    outbox: {
      put: ({ body }) => posted.push(body) > 0,
      flushed: async () => undefined,
    },
    tell: (event) => told.push(event),
  })
  desk.begin('pair_1', claimant, new Secret('MJHT'))
  return { desk, posted, told }
}

function shakeHands(secret: string) {
  const test = createTestDesk()
  const { desk, posted } = test
  const start = startClaimant({ binding, secret: new Secret(secret), random: createSeededRandom(4) })
  desk.receive('clm_1', encodeBase64url(start.send))
  const confirm = confirmMachine(start.next, decodeBase64url(posted[0] ?? ''))
  desk.receive('clm_1', encodeBase64url(confirm.send))
  return { ...test, confirm }
}

function openTalk() {
  const test = shakeHands('MJHT')
  const channel = createClaimantChannel(finishClaimant(test.confirm.next, decodeBase64url(test.posted[1] ?? '')))
  const heard = () => test.posted.slice(2).map((body) => channel.open(decodeBase64url(body)))
  return { ...test, channel, heard }
}

const NOTHING = new Uint8Array()

const summary = {
  finishedAt: '2026-11-22T10:00:00Z',
  outcome: 'applied',
  changes: 1,
  warnings: 0,
  notDone: 0,
  durationMs: 5,
} as const

test('the right secret confirms, and messages pass both ways', () => {
  const { desk, told, channel, heard } = openTalk()
  expect(told).toEqual([{ type: 'handshake-ended', claimId: 'clm_1', outcome: 'confirmed' }])
  desk.receive('clm_1', encodeBase64url(channel.seal({ type: 'approve' })))
  expect(told[1]).toEqual({ type: 'message', claimId: 'clm_1', message: { type: 'approve' } })
  desk.send('clm_1', { type: 'proposal-plan', changes: [], diagnostics: [] })
  expect(heard()).toEqual([{ type: 'proposal-plan', changes: [], diagnostics: [] }])
})

test('a wrong secret is told as such, gets no answer, and no second guess on the same claim', () => {
  const { desk, posted, told, confirm } = shakeHands('MJHX')
  expect(posted).toHaveLength(1)
  expect(told).toEqual([{ type: 'handshake-ended', claimId: 'clm_1', outcome: 'wrong-pin' }])
  desk.receive('clm_1', encodeBase64url(confirm.send))
  expect(posted).toHaveLength(1)
  expect(told).toHaveLength(1)
})

test.each<[string, (frames: readonly Uint8Array[]) => Uint8Array | undefined]>([
  ['an older message', ([first]) => first],
  ['an altered message', ([, , third]) => third?.with(20, (third[20] ?? 0) ^ 1)],
])('%s on the channel does not open', (_, last) => {
  const { desk, told, channel } = openTalk()
  const frames = (['approve', 'withdraw', 'approve'] as const).map((type) => channel.seal({ type }))
  for (const frame of [frames[0], frames[1], last(frames)]) desk.receive('clm_1', encodeBase64url(frame ?? NOTHING))
  expect(told.map(({ type }) => type)).toEqual(['handshake-ended', 'message', 'message', 'bad-message'])
})

test('any text at any stage is a protocol error at most', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.base64String(), fc.string(), fc.string({ size: 'large' }))), (bodies) => {
      const { desk, told } = createTestDesk()
      for (const body of bodies) desk.receive('clm_1', body)
      expect(told.length).toBeLessThanOrEqual(1)
      for (const event of told) expect(event).toMatchObject({ type: 'handshake-ended', outcome: 'protocol' })
    }),
    { numRuns: 200, seed: 5 },
  )
})

test('messages of another claim, and of one that was dropped, are not heard', () => {
  const { desk, posted, told } = openTalk()
  const [before, saidBefore] = [posted.length, told.length]
  desk.receive('clm_2', 'AAAA')
  desk.send('clm_2', { type: 'proposal-plan', changes: [], diagnostics: [] })
  desk.drop('clm_1')
  desk.receive('clm_1', 'AAAA')
  desk.send('clm_1', { type: 'proposal-plan', changes: [], diagnostics: [] })
  expect(posted).toHaveLength(before)
  expect(told).toHaveLength(saidBefore)
})

test('the steps of a large context do not fill the mailbox, and its failures are told', () => {
  const { desk, heard } = openTalk()
  const total = 5_000
  for (let index = 1; index <= total; index++) {
    for (const phase of ['started', index === 77 ? 'failed' : 'done'] as const) {
      desk.send('clm_1', { type: 'progress', index, total, address: `path:/${index}`, phase })
    }
  }
  desk.send('clm_1', { type: 'finished', summary, report: [] })
  const messages = heard()
  expect(messages.length).toBeLessThan(60)
  expect(messages).toContainEqual(expect.objectContaining({ index: 77, phase: 'failed' }))
  expect(messages.at(-1)?.type).toBe('finished')
})

test.each<[string, MachineMessage, Partial<MachineMessage>]>([
  [
    'plan',
    {
      type: 'proposal-plan',
      diagnostics: [],
      changes: [{ action: 'run', address: 'x', summary: 'y'.repeat(2_000_000), undo: 'none' }],
    },
    { type: 'proposal-refused', code: 'plan-too-large' },
  ],
  ['report', { type: 'finished', summary, report: ['y'.repeat(2_000_000)] }, { type: 'finished', summary }],
])('a %s that does not fit into a message is shortened, not lost', (_, message, expected) => {
  const { desk, heard } = openTalk()
  desk.send('clm_1', message)
  expect(heard()).toEqual([expect.objectContaining(expected)])
})

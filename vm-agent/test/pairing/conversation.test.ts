import type { ClaimantMessage, MachineMessage } from '@muster/contexts/wire/channel.ts'
import { expect, test } from 'vitest'
import { alice, machine, pairedStory, proposal, type Story, showingStory, trouble, types } from './story.ts'

type Said<T> = Extract<MachineMessage, { type: T }>

const plan: Said<'proposal-plan'> = { type: 'proposal-plan', changes: [], diagnostics: [] }
const finished: Said<'finished'> = {
  type: 'finished',
  summary: {
    finishedAt: '2026-11-22T10:00:00Z',
    outcome: 'applied',
    changes: 1,
    warnings: 0,
    notDone: 0,
    durationMs: 5,
  },
  report: [],
}

function say(story: Story, message: ClaimantMessage) {
  return story.happen({ type: 'message', claimId: alice.claimId, message })
}

function applyingStory() {
  const paired = pairedStory()
  say(paired.story, proposal)
  paired.story.happen({ type: 'planned', number: 1, answer: plan })
  say(paired.story, { type: 'approve' })
  return paired
}

test('a proposal is planned, approved, applied with progress and finished, and another may follow', () => {
  const { story } = pairedStory()
  expect(types(say(story, proposal))).toEqual(['plan'])
  expect(types(story.happen({ type: 'planned', number: 1, answer: plan }))).toEqual(['send'])
  expect(say(story, { type: 'approve' })).toEqual([{ type: 'apply', number: 1, proposal }])
  const progress = { type: 'progress', index: 1, total: 1, address: 'hostname', phase: 'done' } as const
  expect(types(story.happen({ type: 'progressed', number: 1, progress }))).toEqual(['send'])
  expect(types(story.happen({ type: 'applied', number: 1, finished }))).toEqual(['send'])
  expect(say(story, proposal)).toEqual([{ type: 'plan', number: 2, proposal }])
})

test('a refusal or a withdrawal leaves the way open for another proposal', () => {
  const { story } = pairedStory()
  say(story, proposal)
  const refused: Said<'proposal-refused'> = {
    type: 'proposal-refused',
    code: 'invalid',
    message: 'no',
    diagnostics: [],
  }
  expect(types(story.happen({ type: 'planned', number: 1, answer: refused }))).toEqual(['send'])
  say(story, proposal)
  expect(types(say(story, { type: 'withdraw' }))).toEqual(['cancel-plan'])
  expect(story.happen({ type: 'planned', number: 2, answer: plan })).toEqual([])
  say(story, proposal)
  story.happen({ type: 'planned', number: 3, answer: plan })
  expect(say(story, { type: 'withdraw' })).toEqual([])
  expect(types(say(story, proposal))).toEqual(['plan'])
})

test.each<[string, readonly ClaimantMessage[]]>([
  ['approval of nothing', [{ type: 'approve' }]],
  ['withdrawal of nothing', [{ type: 'withdraw' }]],
  ['approval before the plan', [proposal, { type: 'approve' }]],
  ['two proposals at once', [proposal, proposal]],
])('%s ends the conversation', (_, messages) => {
  const { story, pairingId } = pairedStory()
  const effects = messages.flatMap((message) => say(story, message))
  expect(effects).toContainEqual({ type: 'hang-up', pairingId, claimId: alice.claimId, reason: 'protocol' })
  expect(story.state).toMatchObject({ phase: 'paired', talk: undefined, work: { step: 'idle' } })
  expect(say(story, proposal)).toEqual([])
})

test('a message out of order while applying ends the conversation, not the apply', () => {
  const { story } = applyingStory()
  expect(types(say(story, proposal))).toEqual(['hang-up'])
  expect(story.state).toMatchObject({ talk: undefined, work: { step: 'applying' } })
  expect(story.happen({ type: 'applied', number: 1, finished })).toEqual([])
  expect(story.state).toMatchObject({ work: { step: 'idle' } })
})

test('a message that does not open ends the conversation', () => {
  const { story } = pairedStory()
  expect(types(story.happen({ type: 'bad-message', claimId: alice.claimId }))).toEqual(['hang-up'])
})

test('messages of another claim are not heard', () => {
  const { story } = pairedStory()
  expect(story.happen({ type: 'message', claimId: 'clm_old', message: proposal })).toEqual([])
  expect(story.happen({ type: 'bad-message', claimId: 'clm_old' })).toEqual([])
})

test('a proposal that comes before the coordinator has answered is planned afterwards', () => {
  const { story, pairingId } = showingStory()
  story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })
  story.happen({ type: 'handshake-ended', claimId: alice.claimId, outcome: 'confirmed' })
  expect(say(story, proposal)).toEqual([])
  const effects = story.happen({ type: 'completed', claimId: alice.claimId, machine })
  expect(types(effects)).toEqual(['remember', 'poll', 'plan'])
})

test('too many early messages pair the machine but end the conversation', () => {
  const { story, pairingId } = showingStory()
  story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })
  story.happen({ type: 'handshake-ended', claimId: alice.claimId, outcome: 'confirmed' })
  for (let message = 0; message < 5; message++) say(story, proposal)
  const effects = story.happen({ type: 'completed', claimId: alice.claimId, machine })
  expect(types(effects)).toEqual(['remember', 'poll', 'hang-up'])
})

test('a closed mailbox ends the conversation and drops what was not approved', () => {
  const { story, pairingId } = pairedStory()
  say(story, proposal)
  const effects = story.happen({ type: 'poll-failed', pairingId, failure: { kind: 'gone' } })
  expect(types(effects)).toEqual(['drop-keys', 'cancel-plan'])
  expect(story.state).toMatchObject({ phase: 'paired', talk: undefined, work: { step: 'idle' } })
})

test('a mailbox that cannot be reached is tried again', () => {
  const { story, pairingId } = pairedStory()
  story.happen({ type: 'poll-failed', pairingId, failure: trouble })
  expect(story.wait(1000)).toEqual([{ type: 'poll', pairingId, isProbe: true }])
})

test('a new PIN wanted during an apply comes after it', () => {
  const { story } = applyingStory()
  expect(story.happen({ type: 'renew' })).toEqual([])
  const effects = story.happen({ type: 'applied', number: 1, finished })
  expect(types(effects)).toEqual(['send', 'hang-up', 'forget', 'request'])
  expect(effects[1]).toMatchObject({ reason: 'renewed' })
})

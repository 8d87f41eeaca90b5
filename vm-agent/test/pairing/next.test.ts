import { PIN_LIFE_MS } from '@muster/vm-agent/pairing/state.ts'
import { expect, test } from 'vitest'
import { alice, createStory, guessWrong, machine, pairedStory, showingStory, trouble, types } from './story.ts'

test('a new machine asks for a PIN and shows it', () => {
  const story = createStory()
  expect(types(story.happen({ type: 'start' }))).toEqual(['request'])
  story.issue()
  expect(story.state).toMatchObject({ phase: 'showing', live: { wrongTries: 0, expiresAt: story.at + PIN_LIFE_MS } })
})

test('a claim with the right PIN makes the claimant the owner and clears the console', () => {
  const { story, pairingId } = showingStory()
  const claimed = story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })
  expect(types(claimed)).toEqual(['begin-handshake', 'poll'])
  const confirmed = story.happen({ type: 'handshake-ended', claimId: alice.claimId, outcome: 'confirmed' })
  expect(types(confirmed)).toEqual(['clear', 'complete'])
  const completed = story.happen({ type: 'completed', claimId: alice.claimId, machine })
  expect(types(completed)).toEqual(['remember', 'poll'])
  expect(story.state).toMatchObject({ phase: 'paired', machine })
})

test('three wrong PINs burn the PIN, and the next one comes after a pause', () => {
  const { story, pairingId } = showingStory()
  expect(types(guessWrong(story, pairingId, 'clm_a'))).toEqual(['reject', 'drop-keys'])
  expect(types(guessWrong(story, pairingId, 'clm_b'))).toEqual(['reject', 'drop-keys'])
  expect(types(guessWrong(story, pairingId, 'clm_c'))).toEqual(['reject', 'drop-keys', 'clear', 'burn'])
  expect(story.state).toMatchObject({ phase: 'pausing', until: story.at + 5_000 })
  expect(story.wait(4_999)).toEqual([])
  expect(types(story.wait(1))).toEqual(['request'])
})

test('the pause doubles with each burned PIN up to ten minutes, and is short again after an hour of peace', () => {
  const { story, pairingId } = showingStory()
  let current = pairingId
  const pauses: number[] = []
  for (let burned = 0; burned < 10; burned++) {
    for (const claim of ['a', 'b', 'c']) guessWrong(story, current, `clm_${burned}${claim}`)
    const pause = story.state.phase === 'pausing' ? story.state.until - story.at : Number.NaN
    pauses.push(pause)
    story.wait(pause)
    current = story.issue()
  }
  expect(pauses.map((ms) => ms / 1000)).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600, 600])
  for (let quarter = 0; quarter < 4; quarter++) {
    story.wait(PIN_LIFE_MS)
    current = story.issue()
  }
  for (const claim of ['x', 'y', 'z']) guessWrong(story, current, `clm_${claim}`)
  expect(story.state).toMatchObject({ phase: 'pausing', until: story.at + 5_000 })
})

test('a coordinator that forgets a PIN after two guesses meets the pause all the same', () => {
  const { story, pairingId } = showingStory()
  guessWrong(story, pairingId, 'clm_a')
  guessWrong(story, pairingId, 'clm_b')
  story.happen({ type: 'poll-failed', pairingId, failure: { kind: 'gone' } })
  expect(story.state.phase).toBe('pausing')
})

test('an expired PIN is replaced by itself and told to be dead at once', () => {
  const { story } = showingStory()
  expect(story.wait(PIN_LIFE_MS - 1)).toEqual([])
  expect(types(story.wait(1))).toEqual(['clear', 'burn', 'request'])
})

test('a claim in progress outlives its PIN, but a failure of it does not bring the PIN back', () => {
  const { story, pairingId } = showingStory()
  story.wait(PIN_LIFE_MS - 1)
  story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })
  expect(story.wait(10)).toEqual([])
  const ended = story.happen({ type: 'handshake-ended', claimId: alice.claimId, outcome: 'protocol' })
  expect(types(ended)).toEqual(['reject', 'drop-keys', 'clear', 'burn', 'request'])
})

test.each(['burned', 'expired', 'completed'] as const)(
  'a pairing that the coordinator calls %s gets a new PIN',
  (mailbox) => {
    const { story, pairingId } = showingStory()
    story.wait(60_000)
    expect(types(story.happen({ type: 'polled', pairingId, mailbox, claimant: undefined }))).toEqual([
      'clear',
      'request',
    ])
  },
)

test('a coordinator that lost its data gets a new request, and a hasty one must wait', () => {
  const { story, pairingId } = showingStory()
  story.wait(60_000)
  expect(types(story.happen({ type: 'poll-failed', pairingId, failure: { kind: 'gone' } }))).toEqual([
    'clear',
    'request',
  ])
  const again = story.issue()
  expect(types(story.happen({ type: 'poll-failed', pairingId: again, failure: { kind: 'gone' } }))).toEqual(['clear'])
  expect(story.state).toMatchObject({ phase: 'offline', outage: { retryAt: story.at + 5_000 } })
})

test('an abandoned claim brings the PIN back without counting as wrong, and is not taken up again', () => {
  const { story, pairingId } = showingStory()
  story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })
  const waiting = story.happen({ type: 'polled', pairingId, mailbox: 'waiting', claimant: undefined })
  expect(types(waiting)).toEqual(['drop-keys', 'poll'])
  expect(story.state).toMatchObject({ phase: 'showing', live: { wrongTries: 0 } })
  const again = story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })
  expect(types(again)).toEqual(['poll'])
})

test('another claim in place of the first begins its own handshake', () => {
  const { story, pairingId } = showingStory()
  story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })
  const bob = { claimId: 'clm_2', accountId: 'acc_bob', login: 'bob' }
  const effects = story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: bob })
  expect(types(effects)).toEqual(['drop-keys', 'begin-handshake', 'poll'])
})

test('a claim that never confirms is rejected after two minutes', () => {
  const { story, pairingId } = showingStory()
  story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })
  expect(story.wait(119_999)).toEqual([])
  expect(types(story.wait(1))).toEqual(['reject', 'drop-keys'])
  expect(story.state.phase).toBe('showing')
})

test('claims without end burn the PIN', () => {
  const { story, pairingId } = showingStory()
  for (let claim = 0; claim < 20; claim++) {
    expect(story.state.phase).toBe('showing')
    const claimant = { ...alice, claimId: `clm_${claim}` }
    story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant })
    story.happen({ type: 'polled', pairingId, mailbox: 'waiting', claimant: undefined })
  }
  expect(story.state.phase).toBe('pausing')
})

test('an unreachable coordinator is tried again, later each time and at most each 30 seconds', () => {
  const story = createStory()
  story.happen({ type: 'start' })
  const waits: number[] = []
  for (let failure = 0; failure < 8; failure++) {
    const request = story.state.phase === 'requesting' ? story.state.request : -1
    story.happen({ type: 'request-failed', request, failure: trouble })
    const wait = story.state.phase === 'offline' ? story.state.outage.retryAt - story.at : Number.NaN
    waits.push(wait / 1000)
    expect(types(story.wait(wait))).toEqual(['request'])
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
})

test('when the network has changed, an unreachable coordinator is tried at once, and then in short steps again', () => {
  const story = createStory()
  story.happen({ type: 'start' })
  const fail = () => {
    const request = story.state.phase === 'requesting' ? story.state.request : -1
    story.happen({ type: 'request-failed', request, failure: trouble })
    return story.state.phase === 'offline' ? story.state.outage.retryAt - story.at : Number.NaN
  }
  for (let failure = 0; failure < 6; failure++) expect(types(story.wait(fail()))).toEqual(['request'])
  expect(fail()).toBe(30_000)
  expect(types(story.happen({ type: 'network-changed' }))).toEqual(['request'])
  expect(fail()).toBe(1_000)
})

test('a change of the network brings a shown PIN back into use, and means nothing while all is well', () => {
  const { story, pairingId } = showingStory()
  expect(story.happen({ type: 'network-changed' })).toEqual([])
  story.happen({ type: 'poll-failed', pairingId, failure: trouble })
  expect(story.happen({ type: 'network-changed' })).toEqual([{ type: 'poll', pairingId, isProbe: true }])
})

test('a change of the network does not shorten a wait that the coordinator has asked for', () => {
  const story = createStory()
  story.happen({ type: 'start' })
  const busy = {
    kind: 'trouble',
    spread: 0.5,
    trouble: { cause: 'busy', detail: 'later', retryAfterMs: 90_000 },
  } as const
  story.happen({ type: 'request-failed', request: 1, failure: busy })
  expect(story.happen({ type: 'network-changed' })).toEqual([])
})

test('a coordinator that asks for patience gets it, within reason', () => {
  const busy = (retryAfterMs: number) =>
    ({ kind: 'trouble', spread: 0.5, trouble: { cause: 'busy', detail: 'later', retryAfterMs } }) as const
  for (const [asked, given] of [
    [90_000, 90_000],
    [10, 1000],
    [86_400_000, 600_000],
  ] as const) {
    const story = createStory()
    story.happen({ type: 'start' })
    story.happen({ type: 'request-failed', request: 1, failure: busy(asked) })
    expect(story.state).toMatchObject({ phase: 'offline', outage: { retryAt: story.at + given } })
  }
})

test('a PIN stays on the console while the coordinator is away, and is probed without long waits', () => {
  const { story, pairingId } = showingStory()
  story.happen({ type: 'poll-failed', pairingId, failure: trouble })
  expect(story.state).toMatchObject({ phase: 'showing', outage: { failures: 1 } })
  expect(story.wait(1000)).toEqual([{ type: 'poll', pairingId, isProbe: true }])
  story.happen({ type: 'poll-failed', pairingId, failure: trouble })
  expect(story.state).toMatchObject({ outage: { failures: 2 } })
  story.wait(2000)
  story.happen({ type: 'polled', pairingId, mailbox: 'waiting', claimant: undefined })
  expect(story.state).toMatchObject({ phase: 'showing', outage: undefined })
})

test('an agreed claim is told again to a coordinator that did not answer, and given up when it forgot', () => {
  const { story, pairingId } = showingStory()
  story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })
  story.happen({ type: 'handshake-ended', claimId: alice.claimId, outcome: 'confirmed' })
  story.happen({ type: 'complete-failed', claimId: alice.claimId, failure: trouble })
  expect(types(story.wait(1000))).toEqual(['complete'])
  const gone = story.happen({ type: 'complete-failed', claimId: alice.claimId, failure: { kind: 'gone' } })
  expect(types(gone)).toContain('clear')
})

test('answers to questions of an earlier PIN change nothing', () => {
  const { story, pairingId } = showingStory()
  story.wait(PIN_LIFE_MS)
  story.issue()
  const { state } = story
  expect(story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })).toEqual([])
  expect(story.happen({ type: 'poll-failed', pairingId, failure: { kind: 'gone' } })).toEqual([])
  expect(story.happen({ type: 'request-failed', request: 1, failure: trouble })).toEqual([])
  expect(story.happen({ type: 'completed', claimId: alice.claimId, machine })).toEqual([])
  expect(story.state).toBe(state)
})

test('a person at the machine gets a new PIN, but not past the pause after guesses', () => {
  const { story, pairingId } = showingStory()
  expect(types(story.happen({ type: 'renew' }))).toEqual(['clear', 'burn', 'request'])
  const current = story.issue()
  expect(current).not.toBe(pairingId)
  for (const claim of ['a', 'b', 'c']) guessWrong(story, current, `clm_${claim}`)
  expect(story.happen({ type: 'renew' })).toEqual([])
})

test('a machine that its owner removed keeps still until somebody at the machine asks for a new PIN', () => {
  const { story } = pairedStory()
  expect(types(story.happen({ type: 'forgotten' }))).toEqual(['hang-up'])
  expect(story.state.phase).toBe('forgotten')
  expect(story.wait(3_600_000)).toEqual([])
  expect(types(story.happen({ type: 'renew' }))).toEqual(['forget', 'request'])
})

import { describe, expect, test } from 'vitest'
import { connectedTo, observer, probeOf, suspectedBy } from './observer.ts'

describe('a member that asks', () => {
  test('gets the answer of a direct probe', () => {
    const me = connectedTo('x')
    const probe = probeOf(me.at(100, { type: 'asked', asker: 'v', token: 7, peer: 'x' }))
    expect(me.at(200, { type: 'probe-answered', peer: 'x', probe })).toContainEqual({
      type: 'answer-asker',
      asker: 'v',
      token: 7,
      isReachable: true,
    })
  })

  test('gets it at once when the direct way has failed already, and counts as one that lost it too', () => {
    const me = connectedTo('x', 'v')
    const probe = probeOf(me.at(500, { type: 'disconnected', peer: 'x', isAsked: false }))
    me.at(505, { type: 'probe-failed', peer: 'x', probe })
    expect(me.at(510, { type: 'asked', asker: 'v', token: 7, peer: 'x' })).toEqual([
      { type: 'answer-asker', asker: 'v', token: 7, isReachable: false },
    ])
    const ended = me.at(600, { type: 'relay-answered', peer: 'x', probe, isReachable: undefined })
    expect(ended).toContainEqual({ type: 'suspect', peer: 'x', about: { bootId: 1, sequence: 0 } })
  })

  test('gets it at once from one that holds a suspicion of its own, as long as that is young', () => {
    const me = connectedTo('x', 'v')
    const probe = probeOf(me.at(500, { type: 'disconnected', peer: 'x', isAsked: false }))
    me.at(600, { type: 'relay-answered', peer: 'x', probe, isReachable: false })
    me.at(700, { type: 'probe-failed', peer: 'x', probe })
    expect(me.status('x')).toBe('suspect')
    const ask = { type: 'asked', asker: 'v', token: 7, peer: 'x' } as const
    expect(me.at(5_000, ask)).toEqual([{ type: 'answer-asker', asker: 'v', token: 7, isReachable: false }])
    const tried = probeOf(me.at(15_700, { type: 'tick' }))
    expect(me.at(15_800, ask)).toEqual([])
    const answers = me.at(15_900, { type: 'probe-answered', peer: 'x', probe: tried })
    expect(answers).toContainEqual({ type: 'answer-asker', asker: 'v', token: 7, isReachable: true })
    expect(me.status('x')).toBe('alive')
  })

  test('is answered in the time of a common probe also when the member is suspected, and that hears of it', () => {
    const me = observer()
    for (const peer of ['x', 'v', 'w']) me.hear(0, peer)
    me.at(1_000, suspectedBy('w', 'x'))
    const [probe] = me.at(1_500, { type: 'asked', asker: 'v', token: 7, peer: 'x' })
    expect(probe).toMatchObject({ type: 'probe', timeoutMs: 1_500, suspected: { bootId: 1, sequence: 0 } })
  })

  test('about a stranger gets an answer too', () => {
    const me = observer()
    const probe = probeOf(me.at(100, { type: 'asked', asker: 'v', token: 7, peer: 'x' }))
    expect(me.at(200, { type: 'probe-failed', peer: 'x', probe })).toEqual([
      { type: 'answer-asker', asker: 'v', token: 7, isReachable: false },
    ])
    expect(me.at(300, { type: 'probe-failed', peer: 'x', probe })).toEqual([])
  })
})

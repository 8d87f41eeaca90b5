import { describe, expect, test } from 'vitest'
import { connectedTo, observer, probeOf } from './observer.ts'

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

  test('about a stranger gets an answer too', () => {
    const me = observer()
    const probe = probeOf(me.at(100, { type: 'asked', asker: 'v', token: 7, peer: 'x' }))
    expect(me.at(200, { type: 'probe-failed', peer: 'x', probe })).toEqual([
      { type: 'answer-asker', asker: 'v', token: 7, isReachable: false },
    ])
    expect(me.at(300, { type: 'probe-failed', peer: 'x', probe })).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { connectedTo, probeOf } from './observer.ts'

describe('a lost connection', () => {
  test('is followed at once by a direct probe and two through others', () => {
    const me = connectedTo('x', 'r1', 'r2', 'r3')
    const effects = me.at(500, { type: 'disconnected', peer: 'x', isAsked: false })
    expect(effects.filter(({ type }) => type === 'probe')).toHaveLength(1)
    const through = effects.filter((effect) => effect.type === 'probe-through')
    expect(new Set(through.map(({ relay }) => relay)).size).toBe(2)
    expect(through.some(({ relay }) => relay === 'x')).toBe(false)
  })

  test('that was meant is not followed by anything', () => {
    const me = connectedTo('x', 'r1')
    expect(me.at(500, { type: 'disconnected', peer: 'x', isAsked: true })).toEqual([])
    expect(me.status('x')).toBe('alive')
  })

  test('leads to a suspicion only when a relay that answers could not reach the member either', () => {
    const me = connectedTo('x', 'r1', 'r2')
    const probe = probeOf(me.at(500, { type: 'disconnected', peer: 'x', isAsked: false }))
    expect(me.at(600, { type: 'probe-failed', peer: 'x', probe })).toEqual([])
    expect(me.at(610, { type: 'relay-answered', peer: 'x', probe, isReachable: undefined })).toEqual([])
    const last = me.at(620, { type: 'relay-answered', peer: 'x', probe, isReachable: false })
    expect(last).toContainEqual({ type: 'suspect', peer: 'x', about: { bootId: 1, sequence: 0 } })
    expect(me.status('x')).toBe('suspect')
  })

  test('says nothing about the member when no relay answers: the observer may be the one cut off', () => {
    const me = connectedTo('x', 'r1', 'r2')
    me.at(500, { type: 'disconnected', peer: 'x', isAsked: false })
    for (let ms = 1_000; ms < 30_000; ms += 500) me.at(ms, { type: 'tick' })
    expect(me.effects.some(({ type }) => type === 'suspect')).toBe(false)
    expect(me.status('x')).toBe('alive')
  })

  test('is asked about again after a while, in the hope that somebody can tell by then', () => {
    const me = connectedTo('x', 'r')
    me.at(500, { type: 'disconnected', peer: 'x', isAsked: false })
    for (let ms = 1_000; ms < 13_000; ms += 500) me.at(ms, { type: 'tick' })
    const before = me.effects.length
    for (let ms = 13_000; ms < 24_000; ms += 500) me.at(ms, { type: 'tick' })
    const again = me.effects.slice(before)
    const probe = probeOf(again)
    me.at(24_000, { type: 'probe-failed', peer: 'x', probe })
    const last = me.at(24_010, { type: 'relay-answered', peer: 'x', probe, isReachable: false })
    expect(last).toContainEqual({ type: 'suspect', peer: 'x', about: { bootId: 1, sequence: 0 } })
  })

  test('is tried anew when nobody joins the own suspicion, which ends when nobody can tell any more', () => {
    const me = connectedTo('x', 'r')
    const first = probeOf(me.at(500, { type: 'disconnected', peer: 'x', isAsked: false }))
    me.at(600, { type: 'relay-answered', peer: 'x', probe: first, isReachable: false })
    me.at(700, { type: 'probe-failed', peer: 'x', probe: first })
    const second = probeOf(me.at(15_700, { type: 'tick' }))
    expect(me.status('x')).toBe('suspect')
    me.at(15_800, { type: 'relay-answered', peer: 'x', probe: second, isReachable: false })
    const told = me.at(15_900, { type: 'probe-failed', peer: 'x', probe: second })
    expect(told).toContainEqual({ type: 'suspect', peer: 'x', about: { bootId: 1, sequence: 0 } })
    const third = probeOf(me.at(30_900, { type: 'tick' }))
    me.at(31_000, { type: 'relay-answered', peer: 'x', probe: third, isReachable: undefined })
    expect(me.status('x')).toBe('suspect')
    me.at(31_100, { type: 'probe-failed', peer: 'x', probe: third })
    expect(me.status('x')).toBe('alive')
  })

  test('is forgiven when one way reaches the member', () => {
    const me = connectedTo('x', 'r1', 'r2')
    const probe = probeOf(me.at(500, { type: 'disconnected', peer: 'x', isAsked: false }))
    me.at(600, { type: 'probe-failed', peer: 'x', probe })
    me.at(620, { type: 'relay-answered', peer: 'x', probe, isReachable: true })
    me.at(630, { type: 'relay-answered', peer: 'x', probe, isReachable: false })
    expect(me.status('x')).toBe('alive')
  })
})

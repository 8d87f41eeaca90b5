import { type DirectoryEvent, nextDirectory } from '@muster/mesh/directory/next.ts'
import { initialProbes, nextProbes } from '@muster/mesh/directory/probes.ts'
import { renderEnvironment } from '@muster/mesh/directory/render.ts'
import { resolve } from '@muster/mesh/directory/resolve.ts'
import { initialDirectory } from '@muster/mesh/directory/state.ts'
import { diffAnswers } from '@muster/mesh/directory/watch.ts'
import { expect, test } from 'vitest'

function stated(owner: string, cloud: string, address: string, generation = 0, slot = 0): DirectoryEvent {
  const payload = { cloud, address, ports: [{ name: 'http', port: 3128 }], health: 'passing' } as const
  return {
    type: 'stated',
    owner,
    service: 'proxy',
    version: { bootId: 1, sequence: 0 },
    payload,
    place: { slot, generation },
  }
}

function directory(...events: readonly (readonly [number, DirectoryEvent])[]) {
  return events.reduce((state, [at, event]) => nextDirectory(state, event, at), initialDirectory('me', 'a'))
}

const BOTH = [
  [0, stated('far', 'b', '10.0.1.1')],
  [0, stated('near', 'a', '10.0.0.1')],
] as const

function owners(state: ReturnType<typeof directory>, at: number) {
  return resolve(state, 'proxy', at).map(({ owner }) => owner)
}

test('the same cloud comes first, and the answer carries its age', () => {
  const state = directory(...BOTH)
  expect(owners(state, 1_500)).toEqual(['near', 'far'])
  expect(resolve(state, 'proxy', 1_500)[0]?.ageMs).toBe(1_500)
})

test('three failures within 15 s rank an instance last; 60 s without one bring it back', () => {
  const failed = { type: 'used', owner: 'near', service: 'proxy', isOk: false } as const
  const two = directory(...BOTH, [1_000, failed], [2_000, failed])
  expect(owners(two, 2_000)).toEqual(['near', 'far'])
  const three = nextDirectory(two, failed, 16_000)
  expect(owners(three, 16_000)).toEqual(['far', 'near'])
  expect(owners(nextDirectory(three, { type: 'tick' }, 75_999), 75_999)).toEqual(['far', 'near'])
  expect(owners(nextDirectory(three, { type: 'tick' }, 76_000), 76_000)).toEqual(['near', 'far'])
})

test('a machine whose slot was filled anew is no answer; who is gone is the last one', () => {
  const moved = directory([0, stated('old', 'a', '10.0.0.1', 0)], [5, stated('new', 'a', '10.0.0.2', 1)])
  expect(owners(moved, 10)).toEqual(['new'])
  const gone = directory(...BOTH, [1, { type: 'status', peer: 'near', status: 'gone' }])
  expect(owners(gone, 10)).toEqual(['far', 'near'])
  const left = directory(...BOTH, [1, { type: 'status', peer: 'near', status: 'left' }])
  expect(owners(left, 10)).toEqual(['far'])
})

test('a watcher learns of a move, and of nothing when only time passes', () => {
  const before = resolve(directory(...BOTH), 'proxy', 0)
  expect(diffAnswers('proxy', before, resolve(directory(...BOTH), 'proxy', 9_000))).toBeUndefined()
  const after = resolve(directory(...BOTH, [1, { type: 'status', peer: 'near', status: 'gone' }]), 'proxy', 9_000)
  expect(diffAnswers('proxy', before, after)).toMatchObject({ isFirstChanged: true, added: [], removed: [] })
})

test('the environment file has the best answer, and no address that a shell would read otherwise', () => {
  const answers = resolve(directory([0, stated('v6', 'a', 'fd00::1')]), 'proxy', 0)
  expect(renderEnvironment([{ service: 'proxy', answers }])).toBe(
    'MUSTER_SERVICE_PROXY_ADDRESS=fd00::1\nMUSTER_SERVICE_PROXY_HTTP=[fd00::1]:3128\n',
  )
  const hostile = resolve(directory([0, stated('bad', 'a', '$(reboot)')]), 'proxy', 0)
  expect(renderEnvironment([{ service: 'proxy', answers: hostile }])).toBe('')
})

test('a target passes after two good probes that come soon, is then probed each 10 s, and a lost probe counts as failed', () => {
  const spec = { type: 'tcp', address: '10.0.0.1', port: 3128 } as const
  let state = nextProbes(initialProbes(), { type: 'targets', targets: [{ id: 'x', spec }] }, 0).state
  const first = nextProbes(state, { type: 'tick' }, 0)
  expect(first.effects).toMatchObject([{ type: 'run', id: 'x', run: 1 }])
  state = nextProbes(first.state, { type: 'ended', id: 'x', run: 1, isOk: true }, 50).state
  expect(nextProbes(state, { type: 'tick' }, 800).effects).toEqual([])
  const second = nextProbes(state, { type: 'tick' }, 1_101)
  const ended = nextProbes(second.state, { type: 'ended', id: 'x', run: 2, isOk: true }, 1_200)
  expect(ended.effects).toContainEqual({ type: 'health', id: 'x', health: 'passing' })
  expect(nextProbes(ended.state, { type: 'tick' }, 9_000).effects).toEqual([])
  const third = nextProbes(ended.state, { type: 'tick' }, 30_000)
  expect(nextProbes(third.state, { type: 'tick' }, 40_000).effects).toContainEqual({
    type: 'result',
    id: 'x',
    isOk: false,
  })
})

import { describe, expect, test } from 'vitest'
import type { AnswerDifference } from '../../src/directory/watch.ts'
import { createNodeWorld, FORGED, type Machine, slotOf } from './node-world.ts'

const firstOf = (machine: Machine, service = 'proxy') => machine.node.mesh.resolve(service)[0]?.address

describe('a machine that has a token', () => {
  test('becomes a member, and all see each other', async () => {
    const world = await createNodeWorld()
    const worker = await world.machine(30, slotOf('worker'))
    expect(worker.node.mesh.phase()).toEqual({ phase: 'joining', trouble: undefined })
    await world.pass(5_000)
    expect(worker.node.mesh.phase()).toEqual({ phase: 'member' })
    for (const machine of [world.coordinator, world.agent, worker]) {
      const seen = machine.node.mesh.members().map(({ slot, status }) => `${slot.service} ${status}`)
      expect(seen.toSorted()).toEqual(['cloud-agent alive', 'coordinator alive', 'worker alive'])
    }
  })

  test('is told why when it is refused for good, and speaks with nobody', async () => {
    const world = await createNodeWorld()
    const stranger = await world.machine(31, slotOf('worker'), { token: FORGED })
    await world.pass(5_000)
    expect(stranger.node.mesh.phase()).toEqual({ phase: 'refused', cause: 'token-unknown' })
    expect(stranger.node.mesh.counts().connectionsNow).toBe(0)
    expect(world.agent.node.mesh.counts().recordsRefused.get('token-unknown')).toBe(1)
  })
})

describe('a service', () => {
  test('is found by machines that joined before and after it', async () => {
    const world = await createNodeWorld()
    const before = await world.machine(30, slotOf('worker', 0))
    await world.pass(3_000)
    const proxy = await world.machine(40, slotOf('proxy'))
    await world.pass(3_000)
    const after = await world.machine(31, slotOf('worker', 1))
    await world.pass(30_000)
    for (const machine of [before, after, world.coordinator]) {
      expect(machine.node.mesh.resolve('proxy')).toMatchObject([
        { owner: proxy.identity.peer, address: '10.0.0.40', health: 'passing', ports: [{ name: 'http', port: 3128 }] },
      ])
    }
  })

  test('that moved to another machine is followed, and who watches is told', async () => {
    const world = await createNodeWorld()
    const worker = await world.machine(30, slotOf('worker'))
    const proxy = await world.machine(40, slotOf('proxy'))
    await world.pass(30_000)
    const told: AnswerDifference[] = []
    const stop = worker.node.mesh.watch('proxy', (difference) => told.push(difference))
    world.hosts.kill(proxy.identity.peer)
    await world.pass(1_000)
    expect(firstOf(worker)).toBe('10.0.0.40')
    await world.machine(41, slotOf('proxy', 0, 1))
    await world.pass(5_000)
    expect(firstOf(worker)).toBe('10.0.0.41')
    expect(told.filter(({ isFirstChanged }) => isFirstChanged)).toMatchObject([{ answers: [{ address: '10.0.0.41' }] }])
    stop()
    const before = told.length
    await world.machine(42, slotOf('proxy', 1))
    await world.pass(5_000)
    expect(told).toHaveLength(before)
  })

  test('that does not work from here is ranked last', async () => {
    const world = await createNodeWorld()
    const worker = await world.machine(30, slotOf('worker'))
    for (const slot of [0, 1]) await world.machine(40 + slot, slotOf('proxy', slot))
    await world.pass(30_000)
    const first = firstOf(worker) ?? ''
    worker.node.mesh.watch('proxy', () => undefined)
    world.broken.add(first)
    await world.pass(60_000)
    expect(firstOf(worker)).not.toBe(first)
    expect(worker.node.mesh.resolve('proxy')).toHaveLength(2)
  })

  test('says itself when its own probes fail', async () => {
    const world = await createNodeWorld()
    const worker = await world.machine(30, slotOf('worker'))
    await world.machine(40, slotOf('proxy'))
    await world.pass(30_000)
    for (const address of ['127.0.0.1', '10.0.0.40']) world.broken.add(address)
    await world.pass(30_000)
    expect(worker.node.mesh.resolve('proxy')[0]?.health).toBe('failing')
  })

  test('is known to work seconds after it begins to, whatever was before', async () => {
    const world = await createNodeWorld()
    for (const address of ['127.0.0.1', '10.0.0.40']) world.broken.add(address)
    const worker = await world.machine(30, slotOf('worker'))
    worker.node.mesh.watch('proxy', () => undefined)
    await world.machine(40, slotOf('proxy'))
    await world.pass(120_000)
    expect(worker.node.mesh.resolve('proxy')).toMatchObject([{ health: 'failing', isDemoted: false }])
    world.broken.clear()
    await world.pass(6_000)
    expect(worker.node.mesh.resolve('proxy')).toMatchObject([{ health: 'passing', isDemoted: false }])
  })
})

test('who leaves is told of as left, and its services are no answers any more', async () => {
  const world = await createNodeWorld()
  const worker = await world.machine(30, slotOf('worker'))
  const proxy = await world.machine(40, slotOf('proxy'))
  await world.pass(20_000)
  const leaving = proxy.node.leave('drained')
  await world.pass(3_000)
  await leaving
  expect(proxy.node.mesh.phase()).toEqual({ phase: 'left' })
  expect(worker.node.mesh.resolve('proxy')).toEqual([])
  const seen = worker.node.mesh.members().find(({ peer }) => peer === proxy.identity.peer)
  expect(seen?.status).toBe('left')
})

test('a service whose machine changes its address is found at the new one', async () => {
  const world = await createNodeWorld()
  const worker = await world.machine(30, slotOf('worker'))
  const proxy = await world.machine(40, slotOf('proxy'))
  await world.pass(20_000)
  proxy.address = '10.0.0.99'
  proxy.host.move([`/memory/elsewhere`])
  await world.pass(3_000)
  expect(firstOf(worker)).toBe('10.0.0.99')
})

test('a machine that said goodbye and starts again is alive to all', async () => {
  const world = await createNodeWorld()
  const worker = await world.machine(30, slotOf('worker'))
  const proxy = await world.machine(40, slotOf('proxy'))
  await world.pass(20_000)
  await proxy.stop()
  expect(worker.node.mesh.resolve('proxy')).toEqual([])
  await world.machine(40, slotOf('proxy'), { keeping: proxy.keeping, token: FORGED })
  await world.pass(5_000)
  expect(worker.node.mesh.resolve('proxy')).toMatchObject([{ address: '10.0.0.40', status: 'alive' }])
  const seen = world.agent.node.mesh.members().find(({ peer }) => peer === proxy.identity.peer)
  expect(seen?.status).toBe('alive')
})

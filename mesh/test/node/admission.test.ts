import type { Log } from '@muster/runtime/log.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { describe, expect, test } from 'vitest'
import { type DefinitionContent, signDefinition } from '../../src/admission/definition.ts'
import { CERTIFICATE_LIFE_MS, type PeerId } from '../../src/admission/membership.ts'
import { signRevocations } from '../../src/admission/revocation.ts'
import { agentA, CLUSTER, CONTENT, coordinator, START, stranger } from '../admission/cluster.ts'
import { createNodeWorld, FORGED, type Machine, type NodeWorld, SERVED, slotOf } from './node-world.ts'

const peersOf = (machine: Machine) => machine.node.mesh.members().map(({ peer }) => peer)
const isConnected = (machine: Machine, peer: PeerId) =>
  machine.node.mesh.members().some((view) => view.peer === peer && view.connection !== undefined)

async function withTwoWorkers(): Promise<{ world: NodeWorld; one: Machine; two: Machine }> {
  const world = await createNodeWorld()
  const one = await world.machine(30, slotOf('worker', 0))
  const two = await world.machine(31, slotOf('worker', 1))
  await world.pass(40_000)
  return { world, one, two }
}

describe('a certificate', () => {
  test('is renewed in time, and the others know the new one before the old one ends', async () => {
    const { world, one, two } = await withTwoWorkers()
    world.clock.jump(CERTIFICATE_LIFE_MS * 0.8)
    await world.pass(120_000)
    world.clock.jump(CERTIFICATE_LIFE_MS * 0.3)
    await world.pass(60_000)
    for (const machine of [one, two]) expect(machine.node.mesh.phase()).toEqual({ phase: 'member' })
    expect(peersOf(world.agent)).toEqual(expect.arrayContaining([one.identity.peer, two.identity.peer]))
    expect(one.node.mesh.trace().some(({ event }) => event === 'renewed')).toBe(true)
  })

  test('that has expired takes all but the way back, until the issuer is there again', async () => {
    const { world, one } = await withTwoWorkers()
    const { keeping } = world.agent
    world.hosts.kill(agentA.peer)
    world.clock.jump(CERTIFICATE_LIFE_MS + 60_000)
    await world.pass(20_000)
    expect(one.node.mesh.phase().phase).toBe('lapsed')
    expect(one.node.mesh.counts().connectionsNow).toBe(0)
    expect(peersOf(world.coordinator)).not.toContain(one.identity.peer)
    world.agent = await world.named(agentA, { isIssuer: true, keeping })
    await world.pass(700_000)
    expect(one.node.mesh.phase()).toEqual({ phase: 'member' })
    expect(one.node.mesh.counts().connectionsNow).toBeGreaterThan(0)
    expect(peersOf(world.coordinator)).toContain(one.identity.peer)
  })
})

test('a machine that starts again with what it kept needs neither token nor issuer', async () => {
  const { world, one, two } = await withTwoWorkers()
  world.hosts.kill(one.identity.peer)
  world.hosts.kill(agentA.peer)
  await world.pass(5_000)
  const again = await world.machine(30, slotOf('worker', 0), { keeping: one.keeping, token: FORGED })
  await world.pass(1_000)
  expect(again.node.mesh.phase()).toEqual({ phase: 'member' })
  await world.pass(40_000)
  expect(peersOf(again)).toContain(coordinator.peer)
  expect(isConnected(again, coordinator.peer) || isConnected(again, two.identity.peer)).toBe(true)
  expect(world.coordinator.node.mesh.members().find(({ peer }) => peer === one.identity.peer)?.status).toBe('alive')
})

test('a revoked member is cut off by all', async () => {
  const { world, one, two } = await withTwoWorkers()
  const list = await signRevocations({ cluster: CLUSTER, version: 1, now: START, peers: [one.identity.peer] }, agentA)
  await world.agent.node.acceptRevocations(list)
  await world.pass(10_000)
  for (const machine of [world.agent, world.coordinator, two]) {
    expect(peersOf(machine)).not.toContain(one.identity.peer)
    expect(machine.keeping.documents().revocations).toEqual([list])
  }
  expect(one.node.mesh.counts().connectionsNow).toBe(0)
})

test('a new definition spreads to all, is kept, and its new service is filled', async () => {
  const { world, one, two } = await withTwoWorkers()
  const content: DefinitionContent = { ...CONTENT, ...SERVED, version: 2 }
  const { token } = await signDefinition(
    { ...content, services: [...content.services, { name: 'extra', kind: 'scalable', ownsDemand: false }] },
    coordinator,
  )
  await world.coordinator.node.acceptDefinition(token)
  await world.pass(5_000)
  for (const machine of [world.agent, one, two]) {
    expect(machine.node.mesh.definition()?.version).toBe(2)
    expect(machine.keeping.documents().definition).toBe(token)
  }
  const extra = await world.machine(50, slotOf('extra'))
  await world.pass(5_000)
  expect(extra.node.mesh.phase()).toEqual({ phase: 'member' })
})

test('a definition that somebody else has signed is refused', async () => {
  const { world } = await withTwoWorkers()
  const forged = await signDefinition({ ...CONTENT, ...SERVED, version: 9 }, stranger)
  await expect(world.agent.node.acceptDefinition(forged.token)).rejects.toMatchObject({ code: 'bad-signature' })
  expect(world.agent.node.mesh.definition()?.version).toBe(1)
})

test('refusals are counted each, and logged once for each cause', async () => {
  const warnings: string[] = []
  const log: Log = {
    ...silentLog,
    warn: (fields) => void warnings.push(String(fields['cause'])),
  }
  const world = await createNodeWorld({ log })
  for (const number of [60, 61, 62]) {
    await world.machine(number, slotOf('worker'), { token: FORGED })
    await world.pass(2_000)
  }
  expect(world.agent.node.mesh.counts().recordsRefused.get('token-unknown')).toBe(3)
  expect(warnings.filter((cause) => cause === 'token-unknown')).toHaveLength(1)
})

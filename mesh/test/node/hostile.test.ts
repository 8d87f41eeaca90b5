import { expect, test } from 'vitest'
import type { PeerId } from '../../src/admission/membership.ts'
import { REFRESH_INTERVAL_MS } from '../../src/records/record.ts'
import { topicName } from '../../src/records/topics.ts'
import { CLUSTER, identityOf } from '../admission/cluster.ts'
import { DIRECTORY, recordOf, SERVICE, sign, WORKER } from '../records/records.ts'
import { createNodeWorld, type Machine, type NodeWorld, slotOf } from './node-world.ts'

/** Takes over a machine's key and certificate, keeps to no rule, and says whatever it is told to. */
function takeOver(world: NodeWorld, victim: Machine) {
  return pretend(world, victim, victim.identity.peer)
}

/** Shows the certificate of a machine from a connection that has proven some key. */
async function pretend(world: NodeWorld, victim: Machine, key: PeerId) {
  const { certificate } = victim.keeping.documents()
  if (certificate === undefined) throw new Error('the victim is no member')
  const host = world.hosts.start(key)
  const gate = {
    hello: () => ({ certificate, definitionVersion: 1 }),
    admit: async () => undefined,
    isAdmitted: () => true,
    receive: async () => ({ verdict: 'ignore' }) as const,
  }
  const { transport } = host.attach(CLUSTER, gate, () => undefined)
  const { agent } = world
  transport.dial(agent.identity.peer, agent.host.addresses())
  await world.pass(1_000)
  return (bytes: Uint8Array) => transport.publish(topicName(CLUSTER, DIRECTORY), { record: recordOf(), bytes })
}

test('a hostile member changes nothing that others say, and each of its tries is refused and counted', async () => {
  const world = await createNodeWorld()
  const worker = await world.machine(30, slotOf('worker', 0))
  const proxy = await world.machine(40, slotOf('proxy'))
  const victim = await world.machine(31, slotOf('worker', 1))
  await world.pass(30_000)
  const say = await takeOver(world, victim)
  const now = world.clock.now()
  const lie = { ...SERVICE, address: '6.6.6.6' }
  const mine = { owner: victim.identity.peer, bootId: now, issuedAt: now }
  const ofProxy = { owner: proxy.identity.peer, bootId: now, issuedAt: now, payload: lie }
  say(sign(recordOf(ofProxy), victim.identity).bytes)
  say(sign(recordOf({ ...mine, payload: lie }), victim.identity).bytes)
  say(sign(recordOf({ ...mine, kind: 'worker', subject: '', payload: WORKER }), victim.identity).bytes)
  say(sign(recordOf({ ...mine, owner: identityOf(99).peer }), identityOf(99)).bytes)
  say(new Uint8Array(2_000))
  say(new Uint8Array(100))
  await world.pass(REFRESH_INTERVAL_MS)
  const refused = world.agent.node.mesh.counts().recordsRefused
  for (const cause of [
    'record-forged',
    'wrong-role',
    'wrong-topic',
    'no-certificate',
    'too-large',
    'malformed',
  ] as const) {
    expect(refused.get(cause), cause).toBe(1)
  }
  expect(worker.node.mesh.resolve('proxy').map(({ address }) => address)).toEqual(['10.0.0.40'])
})

test('who shows the certificate of another is refused, and says nothing to anybody', async () => {
  const world = await createNodeWorld()
  const worker = await world.machine(30, slotOf('worker', 0))
  const victim = await world.machine(31, slotOf('worker', 1))
  await world.pass(30_000)
  const thief = identityOf(98)
  const say = await pretend(world, victim, thief.peer)
  say(sign(recordOf({ owner: victim.identity.peer }), thief).bytes)
  await world.pass(REFRESH_INTERVAL_MS)
  const { agent } = world
  expect(agent.node.mesh.counts().recordsRefused.get('certificate-other-peer')).toBeGreaterThan(0)
  expect(agent.node.mesh.counts().recordsRefused.get('record-forged')).toBeUndefined()
  for (const { node } of [agent, worker]) {
    expect(node.mesh.members().map(({ peer }) => peer)).not.toContain(thief.peer)
  }
})

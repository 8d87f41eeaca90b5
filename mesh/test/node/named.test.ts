import { expect, test } from 'vitest'
import { signDefinition } from '../../src/admission/definition.ts'
import { agentA, agentB, CONTENT, coordinator } from '../admission/cluster.ts'
import { createNodeWorld, SERVED, slotOf } from './node-world.ts'

const CLOUDS = [
  { name: 'a', agents: [{ peer: agentA.peer, addresses: [`/memory/${agentA.peer}`] }] },
  { name: 'b', agents: [{ peer: agentB.peer, addresses: [`/memory/${agentB.peer}`] }] },
]

test('an agent that a newer definition names becomes a member as soon as it has it', async () => {
  const world = await createNodeWorld()
  const agent = await world.named(agentB)
  await world.pass(2_000)
  expect(agent.node.mesh.phase().phase).toBe('refused')
  const { token } = await signDefinition({ ...CONTENT, ...SERVED, version: 2, clouds: CLOUDS }, coordinator)
  await world.coordinator.node.acceptDefinition(token)
  await agent.node.acceptDefinition(token)
  await world.pass(5_000)
  expect(agent.node.mesh.phase()).toEqual({ phase: 'member' })
  const seen = world.agent.node.mesh.members().find(({ peer }) => peer === agentB.peer)
  expect(seen).toMatchObject({ status: 'alive', role: 'cloud-agent', program: 'test 1.0' })
})

test('what a program states is told to others, each change of it, and is gone some time after it is withdrawn', async () => {
  const world = await createNodeWorld()
  const worker = await world.machine(30, slotOf('worker'))
  const payload = { cloud: 'a', state: 'idle', slots: 4, free: 2 } as const
  worker.node.state({ kind: 'worker', subject: '', payload })
  await world.pass(10_000)
  const told = () => world.agent.node.mesh.trace().filter(({ kind }) => kind === 'worker').length
  expect(told()).toBe(1)
  worker.node.state({ kind: 'worker', subject: '', payload: { ...payload, free: 1 } })
  await world.pass(5_000)
  expect(told()).toBe(2)
  worker.node.withdraw('worker', '')
  worker.node.setState('draining')
  const before = world.agent.node.mesh.counts().recordsNow
  await world.pass(100_000)
  expect(world.agent.node.mesh.counts().recordsNow).toBe(before - 1)
})

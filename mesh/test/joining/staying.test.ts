import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Identity } from '../../src/admission/identity.ts'
import type { Joining } from '../../src/joining/joining.ts'
import { FILES } from '../../src/keeping/kept-files.ts'
import { agentA, defineCluster, identityOf } from '../admission/cluster.ts'
import { newFolder } from '../keeping/folder.ts'
import {
  createJoinWorld,
  HOUR,
  isInTrouble,
  isMember,
  isRefused,
  type JoinWorld,
  type Machine,
  pass,
  reached,
  startMachine,
} from './join-world.ts'
import { createTestIssuer } from './test-issuer.ts'

const first = identityOf(20)
const isLapsed = (joining: Joining) => joining.phase().phase === 'lapsed'
const certificateOf = (machine: Machine) => machine.joining.credentials()?.certificate

async function joinedMachine(world: JoinWorld): Promise<Machine> {
  const machine = await startMachine(world, { folder: newFolder(), token: await world.agent.newToken() })
  await reached(machine, isMember)
  return machine
}

/** Ends the process of a machine and starts it again on its folder. */
async function restart(world: JoinWorld, machine: Machine, passMs = 0): Promise<Machine> {
  await machine.stop()
  await pass(world, passMs)
  return startMachine(world, { folder: machine.keeping.folder })
}

/** Cloud a gets a second agent, in a newer definition. */
async function withSecondAgent(world: JoinWorld, identity: Identity) {
  const agents = [agentA, identity].map(({ peer }) => ({ peer, addresses: [] }))
  const definition = await defineCluster({ version: 2, clouds: [{ name: 'a', agents }] })
  const streams = world.network.start(identity.peer)
  return { definition, agent: await createTestIssuer({ clock: world.clock, streams, identity, definition }) }
}

describe('a member', () => {
  test('renews its certificate when two thirds of its life are over, and keeps the new one', async () => {
    const world = await createJoinWorld()
    const machine = await joinedMachine(world)
    const before = certificateOf(machine)
    await pass(world, 14 * HOUR)
    expect(certificateOf(machine)).toBe(before)
    await pass(world, 4 * HOUR)
    await reached(machine, () => certificateOf(machine) !== before)
    expect(machine.keeping.documents().certificate).toBe(certificateOf(machine))
    await pass(world, 30 * HOUR)
    expect(machine.phases.map(({ phase }) => phase)).not.toContain('lapsed')
  })

  test('is one again after a restart, without anybody who could be asked', async () => {
    const world = await createJoinWorld()
    const machine = await joinedMachine(world)
    world.network.stop(agentA.peer)
    const again = await restart(world, machine, 10 * HOUR)
    expect(again.joining.phase()).toEqual({ phase: 'member', trouble: undefined })
    expect(again.joining.credentials()?.membership).toMatchObject({ peer: first.peer, slot: { slot: 0 } })
  })

  test('lapses without its issuer, and is restored when that is back', async () => {
    const world = await createJoinWorld()
    const machine = await joinedMachine(world)
    world.network.cut(agentA.peer, first.peer)
    await pass(world, 18 * HOUR)
    expect(machine.joining.phase()).toMatchObject({ phase: 'member', trouble: expect.stringMatching(/is not reached/) })
    await pass(world, 7 * HOUR)
    expect(machine.joining.phase().phase).toBe('lapsed')
    world.network.mend(agentA.peer, first.peer)
    await pass(world, HOUR)
    await reached(machine, isMember)
    expect(machine.joining.phase().trouble).toBeUndefined()
  })

  test('renews within the grace a certificate that expired while it was off', async () => {
    const world = await createJoinWorld()
    const machine = await joinedMachine(world)
    const again = await restart(world, machine, 3 * 24 * HOUR)
    expect(again.phases[0]?.phase).toBe('lapsed')
    await reached(again, isMember)
  })

  test('needs a new token after the grace, and says so', async () => {
    const world = await createJoinWorld()
    const machine = await joinedMachine(world)
    await machine.stop()
    world.clock.jump(9 * 24 * HOUR)
    const late = await startMachine(world, { folder: machine.keeping.folder })
    expect(late.joining.phase()).toMatchObject({
      phase: 'refused',
      cause: 'certificate-expired',
      trouble: expect.stringMatching(/new join token/),
    })
    await late.stop()
    const token = await world.agent.newToken({ generation: 2 })
    const anew = await startMachine(world, { folder: machine.keeping.folder, token })
    await reached(anew, isMember)
    expect(anew.joining.credentials()?.membership.slot.generation).toBe(2)
  })

  test('is refused for good when its place was filled anew or it was shut out', async () => {
    const world = await createJoinWorld()
    const replaced = await joinedMachine(world)
    const token = await world.agent.newToken({ generation: 2 })
    await reached(await startMachine(world, { token, identity: identityOf(21) }), isMember)
    await pass(world, 18 * HOUR)
    await reached(replaced, isRefused)
    expect(replaced.joining.phase()).toMatchObject({ cause: 'slot-superseded' })
    const revoked = await startMachine(world, {
      token: await world.agent.newToken({ slot: 5 }),
      identity: identityOf(22),
    })
    await reached(revoked, isMember)
    await world.agent.revoke([identityOf(22).peer], world.clock.now())
    await pass(world, 18 * HOUR)
    await reached(revoked, isRefused)
    expect(revoked.joining.phase()).toMatchObject({ cause: 'certificate-revoked' })
    expect(world.agent.refusals.totals()).toEqual(
      new Map([
        ['slot-superseded', 1],
        ['certificate-revoked', 1],
      ]),
    )
  })

  test('uses a token that it was given meanwhile once its certificate is refused', async () => {
    const world = await createJoinWorld()
    const machine = await joinedMachine(world)
    const other = await world.agent.newToken({ generation: 2 })
    await reached(await startMachine(world, { token: other, identity: identityOf(21) }), isMember)
    await machine.stop()
    world.clock.jump(17.5 * HOUR)
    const token = await world.agent.newToken({ generation: 3 })
    const again = await startMachine(world, { folder: machine.keeping.folder, token })
    await reached(again, (joining) => joining.credentials()?.membership.slot.generation === 3)
    expect(again.phases[0]?.phase).toBe('member')
    expect(again.keeping.token()).toBeUndefined()
  })

  test('asks another agent of its cloud when its issuer is gone', async () => {
    const world = await createJoinWorld()
    const machine = await joinedMachine(world)
    world.network.stop(agentA.peer)
    const second = identityOf(7)
    const { definition, agent } = await withSecondAgent(world, second)
    machine.joining.acceptDefinition(definition)
    const before = certificateOf(machine)
    await pass(world, 18 * HOUR)
    await reached(machine, () => certificateOf(machine) !== before)
    expect(machine.joining.credentials()?.membership.issuer).toBe(second.peer)
    expect(agent.refusals.totals().size).toBe(0)
  })
})

describe('what was kept', () => {
  test('is not believed when it is forged: the machine asks with its token, or says what it needs', async () => {
    const world = await createJoinWorld()
    const machine = await joinedMachine(world)
    const other = await startMachine(world, {
      token: await world.agent.newToken({ slot: 1 }),
      identity: identityOf(21),
    })
    await reached(other, isMember)
    await machine.stop()
    const { folder } = machine.keeping
    writeFileSync(join(folder, FILES.certificate), `${certificateOf(other)}\n`)
    const stolen = await startMachine(world, { folder })
    expect(stolen.joining.phase()).toMatchObject({ phase: 'refused', cause: 'certificate-other-peer' })
    await stolen.stop()
    writeFileSync(join(folder, FILES.certificate), `${certificateOf(machine)?.slice(0, -8)}AAAAAAAA\n`)
    const forged = await startMachine(world, { folder })
    expect(forged.joining.phase()).toMatchObject({ phase: 'refused', cause: 'certificate-forged' })
    await forged.stop()
    const token = await world.agent.newToken({ generation: 2 })
    await reached(await startMachine(world, { folder, token }), isMember)
  })

  test('is not needed by a machine without anything: it says that it needs a token', async () => {
    const world = await createJoinWorld()
    const machine = await startMachine(world)
    expect(machine.joining.phase()).toMatchObject({ phase: 'refused', cause: 'no-certificate' })
    expect(isInTrouble(machine.joining) && !isLapsed(machine.joining)).toBe(true)
  })
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MeshError } from '../../src/fault.ts'
import { KeepingError } from '../../src/keeping/keeping-error.ts'
import { FILES } from '../../src/keeping/kept-files.ts'
import { agentA, agentB, CLUSTER, coordinator, defineCluster, identityOf, START } from '../admission/cluster.ts'
import { newFolder } from '../keeping/folder.ts'
import { createJoinWorld, HOUR, isInTrouble, isMember, isRefused, pass, reached, startMachine } from './join-world.ts'
import { createTestIssuer, WORKER } from './test-issuer.ts'

describe('a machine with a join token', () => {
  test('becomes a member, and keeps all that it needs but the token', async () => {
    const world = await createJoinWorld()
    const folder = newFolder()
    const token = await world.agent.newToken()
    const machine = await startMachine(world, { folder, token })
    expect(machine.phases[0]).toEqual({ phase: 'joining', trouble: undefined })
    await reached(machine, isMember)
    const credentials = machine.joining.credentials()
    expect(credentials?.membership).toMatchObject({ peer: identityOf(20).peer, role: 'worker', slot: WORKER })
    expect(machine.keeping.documents()).toMatchObject({
      certificate: credentials?.certificate,
      definition: credentials?.definition.token,
    })
    expect(machine.keeping.isTokenUsed(token)).toBe(true)
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name), 'utf8'), name).not.toContain(token.reveal())
    }
    expect(JSON.stringify([machine.heard.lines, world.heard.lines])).not.toContain(token.reveal())
    expect(world.network.open()).toBe(0)
  })

  test('is on disk as a member before it is told to be one', async () => {
    const world = await createJoinWorld()
    const seen: unknown[] = []
    const machine = await startMachine(world, { token: await world.agent.newToken() })
    machine.joining.onChange(() => {
      seen.push(existsSync(join(machine.keeping.folder, FILES.certificate)))
      seen.push(existsSync(join(machine.keeping.folder, FILES.token)))
    })
    await reached(machine, isMember)
    expect(seen).toEqual([true, false])
  })

  test('waits for its issuer, ever longer, and says what is in the way', async () => {
    const world = await createJoinWorld()
    const token = await world.agent.newToken()
    world.network.cut(agentA.peer, identityOf(20).peer)
    const machine = await startMachine(world, { token })
    await reached(machine, isInTrouble)
    expect(machine.joining.phase().trouble).toMatch(/issuer 12D3Koo.* at \/ip4\/127.0.0.1\/tcp\/4001 is not reached/)
    await pass(world, 10 * 60_000)
    expect(machine.joining.phase().phase).toBe('joining')
    world.network.mend(agentA.peer, identityOf(20).peer)
    await pass(world, 90_000)
    await reached(machine, isMember)
    expect(machine.heard.lines.filter((line) => line.includes('trouble'))).toHaveLength(1)
  })

  test('comes back when its issuer asks for that', async () => {
    let isBusy = true
    const world = await createJoinWorld({ approve: async () => (isBusy ? 'try-later' : undefined) })
    const machine = await startMachine(world, { token: await world.agent.newToken() })
    await reached(machine, isInTrouble)
    expect(machine.joining.phase()).toEqual({ phase: 'joining', trouble: 'The issuer cannot answer just now.' })
    isBusy = false
    await pass(world, 4000)
    expect(machine.joining.phase().phase).toBe('joining')
    await pass(world, 3000)
    await reached(machine, isMember)
  })

  test('is known to its issuer by its instance', async () => {
    const world = await createJoinWorld({
      approve: async ({ instance }) => (instance === 'i-1' ? undefined : 'not-approved'),
    })
    const own = await startMachine(world, { token: await world.agent.newToken(), instance: 'i-1' })
    await reached(own, isMember)
    const token = await world.agent.newToken({ slot: 1 })
    const other = await startMachine(world, { token, instance: 'i-2', identity: identityOf(21) })
    await reached(other, isInTrouble)
    expect(other.joining.phase().trouble).toMatch(/does not know this machine/)
    expect(world.agent.refusals.totals()).toEqual(new Map([['not-approved', 1]]))
  })

  test('asks again with the same token when it stopped before it could keep its certificate', async () => {
    const world = await createJoinWorld()
    const folder = newFolder()
    const token = await world.agent.newToken()
    const failing = await startMachine(world, {
      folder,
      token,
      keeping: (keeping) => ({
        ...keeping,
        saveDocuments: () =>
          Promise.reject(new KeepingError('unusable', 'The disk is full', { hint: 'Free some space.' })),
      }),
    })
    await reached(failing, isInTrouble)
    expect(failing.joining.phase()).toEqual({ phase: 'joining', trouble: 'The disk is full. Free some space.' })
    expect(failing.joining.credentials()).toBeUndefined()
    await failing.stop()
    const again = await startMachine(world, { folder })
    await reached(again, isMember)
    expect(world.agent.refusals.totals().size).toBe(0)
  })

  test('is admitted with clocks that differ by 30 seconds, and not by an hour', async () => {
    const world = await createJoinWorld()
    for (const [number, skewMs] of [30_000, -30_000].entries()) {
      const token = await world.agent.newToken({ slot: number })
      const machine = await startMachine(world, { token, skewMs, identity: identityOf(30 + number) })
      await reached(machine, isMember)
    }
    const late = await startMachine(world, {
      token: await world.agent.newToken({ slot: 2 }),
      skewMs: -HOUR,
      identity: identityOf(32),
    })
    await reached(late, isInTrouble)
    expect(late.joining.phase().trouble).toMatch(/not valid yet.*Compare the clocks/)
  })
})

describe('a token that does not hold', () => {
  test('was used by another machine: refused for good, counted, and logged once', async () => {
    const world = await createJoinWorld()
    const token = await world.agent.newToken()
    await reached(await startMachine(world, { token }), isMember)
    for (const number of [21, 22]) {
      const thief = await startMachine(world, { token, identity: identityOf(number) })
      await reached(thief, isRefused)
      expect(thief.joining.phase()).toMatchObject({ phase: 'refused', cause: 'token-used' })
      await pass(world, HOUR)
      expect(thief.joining.phase().phase).toBe('refused')
    }
    expect(world.agent.refusals.totals()).toEqual(new Map([['token-used', 2]]))
    expect(world.heard.lines.filter((line) => line.startsWith('warn token-used'))).toHaveLength(1)
  })

  test('is of another cluster, expired, unknown or replaced', async () => {
    const world = await createJoinWorld()
    const other = await createTestIssuer({
      clock: world.clock,
      streams: world.network.start(agentB.peer),
      identity: agentB,
    })
    const expired = await world.agent.newToken()
    const replaced = await world.agent.newToken({ slot: 1 })
    await world.agent.newToken({ slot: 1, generation: 2 })
    const foreign = await other.newToken({ cloud: 'b' })
    await pass(world, HOUR)
    const expected = [
      [expired, 'token-expired'],
      [replaced, 'token-unknown'],
      [foreign, 'token-unknown'],
    ] as const
    for (const [number, [token, cause]] of expected.entries()) {
      const machine = await startMachine(world, { token, identity: identityOf(40 + number) })
      await reached(machine, isRefused)
      expect(machine.joining.phase()).toMatchObject({ phase: 'refused', cause })
    }
    const elsewhere = await startMachine(world, {
      token: await world.agent.newToken({ slot: 3 }),
      trust: { cluster: 'clu_other', coordinator: coordinator.peer },
      identity: identityOf(50),
    })
    await reached(elsewhere, isRefused)
    expect(elsewhere.joining.phase()).toMatchObject({ cause: 'token-other-cluster' })
    expect(world.agent.refusals.totals()).toEqual(
      new Map([
        ['token-expired', 1],
        ['token-unknown', 2],
        ['token-other-cluster', 1],
      ]),
    )
  })

  test('stays with a machine that does not believe its issuer', async () => {
    const world = await createJoinWorld()
    const token = await world.agent.newToken()
    const machine = await startMachine(world, { token, trust: { cluster: CLUSTER, coordinator: agentB.peer } })
    await reached(machine, isInTrouble)
    expect(machine.joining.phase().phase).toBe('joining')
    expect(machine.joining.phase().trouble).toMatch(/signature of a cluster definition does not hold/)
    expect(machine.keeping.token()?.reveal()).toBe(token.reveal())
  })
})

describe('a definition that has changed meanwhile', () => {
  test('is kept when it is newer than the one of the issuer', async () => {
    const world = await createJoinWorld()
    const machine = await startMachine(world, { token: await world.agent.newToken() })
    await reached(machine, isMember)
    const newer = await defineCluster({ version: 2, issuedAt: START + 1000 })
    machine.joining.acceptDefinition(newer)
    const before = machine.joining.credentials()?.certificate
    await pass(world, 18 * HOUR)
    await reached(machine, (joining) => joining.credentials()?.certificate !== before)
    expect(machine.keeping.documents().definition).toBe(newer.token)
    expect(() => machine.joining.acceptDefinition({ ...newer, token: 'another' })).toThrow(MeshError)
  })
})

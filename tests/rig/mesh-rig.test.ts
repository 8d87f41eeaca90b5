import { systemClock } from '@muster/runtime/clock.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import { createLoopbackHosts } from './loopback-hosts.ts'
import { createMeshRig, PATIENCE, placeName, resolvedBy, viewOf } from './mesh-rig.ts'
import { allSee, createMeshWorld, DEFINITION, type MeshWorld, mournedSince, resolves, sees } from './mesh-world.ts'
import { labMissing } from './namespaces.ts'
import { DNS_ADDRESS, type RigMachine } from './rig-machine.ts'

const missing = labMissing()
/** One test may wait for several things, each with `PATIENCE`. */
const TEST_LIMIT_MS = 600_000
/** A fault that must not be noticed lasts so long. */
const FAULT_MS = 20_000

const NEAR = ['proxy-a0', 'proxy-a1', 'head', 'proxy-b0', 'proxy-b1'] as const
const WORKERS = ['worker-a0', 'worker-a1', 'worker-b0'] as const
const HOME = ['proxy-h0', 'worker-h0'] as const
const ISLAND = ['proxy-i0', 'proxy-i1', 'proxy-i2'] as const

let world: MeshWorld

const machinesOf = (names: readonly string[]) => names.map((name) => world.machine(name))
const startsWith = (machine: RigMachine) => (addresses: readonly string[]) => addresses[0] === machine.host.address
const has = (machine: RigMachine) => (addresses: readonly string[]) => addresses.includes(machine.host.address)

/** Whether it reaches directly all whom it is connected with. */
async function isWithoutRelay(machine: RigMachine): Promise<true | undefined> {
  const members = (await machine.members())?.members
  return members?.every(({ connection }) => connection?.isRelayed !== true) ? true : undefined
}

/** What the resolver of a host's own network says; `nothing` for an error. */
async function dnsOf({ host }: RigMachine, name: string): Promise<string> {
  const script = `const r=new (require('dns').promises.Resolver)();r.setServers(['${DNS_ADDRESS}']);r.resolve4('${name}').then(a=>console.log(a.join(' ')),()=>console.log('nothing'))`
  return (await host.start(process.execPath, ['-e', script]).ended).stdout.trim()
}

describe.skipIf(missing !== undefined)('a cluster of real agents in clouds of their own', () => {
  beforeAll(async () => {
    world = await createMeshWorld([
      { name: 'a' },
      { name: 'b' },
      { name: 'home', isBehindNat: true },
      { name: 'island' },
    ])
    await world.add([
      ['a', 'proxy-a0', 'proxy'],
      ['a', 'head', 'head'],
      ['b', 'proxy-b0', 'proxy'],
      ['home', 'proxy-h0', 'proxy'],
      ['a', 'proxy-a1', 'proxy'],
      ['b', 'proxy-b1', 'proxy'],
      ['a', 'worker-a0', 'worker'],
      ['b', 'worker-b0', 'worker'],
      ['a', 'worker-a1', 'worker'],
      ['home', 'worker-h0', 'worker'],
      ['island', 'proxy-i0', 'proxy'],
      ['island', 'proxy-i1', 'proxy'],
      ['island', 'proxy-i2', 'proxy'],
    ])
  }, TEST_LIMIT_MS)

  afterAll(async () => {
    await world.remove()
  }, 60_000)

  test(
    'joins by tokens, sees who works for all, and finds services of its own cloud first',
    async () => {
      const fixed = machinesOf([...NEAR, ...HOME.slice(0, 1), ...ISLAND])
      await allSee(fixed)
      for (const worker of machinesOf(WORKERS)) await sees(worker, fixed, 'alive')
      await sees(world.machine('head'), machinesOf([...WORKERS, 'worker-h0']), 'alive')
      expect((await viewOf(world.machine('proxy-b0'))).get('coordinator//0/0')).toBe('alive')
      for (const machine of machinesOf(WORKERS)) {
        await resolves(machine, 'proxy', (found) => found.length === 8)
        const own = new Set(
          fixed.filter(({ place }) => place.cloud === machine.place.cloud).map(({ host }) => host.address),
        )
        const first = (await resolvedBy(machine, 'proxy')).slice(0, 2)
        expect(
          first.every((address) => own.has(address)),
          `${machine.name}: ${first.join(' ')}`,
        ).toBe(true)
        await resolves(machine, 'head', startsWith(world.machine('head')))
      }
      expect(await dnsOf(world.machine('worker-b0'), 'head.service.muster')).toBe(world.host('head').address)
    },
    TEST_LIMIT_MS,
  )

  test(
    'spans a cloud behind NAT',
    async () => {
      const hidden = world.machine('proxy-h0')
      await sees(world.machine('proxy-b1'), [hidden], 'alive')
      await sees(hidden, machinesOf(NEAR), 'alive')
      await resolves(world.machine('worker-h0'), 'proxy', startsWith(hidden))
    },
    TEST_LIMIT_MS,
  )

  test(
    'mourns nobody while a tenth of all packets is lost',
    async () => {
      const all = machinesOf([...NEAR, ...WORKERS, ...HOME, ...ISLAND])
      const since = systemClock.now()
      world.lab.setLoss(0.1)
      await systemClock.sleep(FAULT_MS)
      world.lab.heal()
      expect(await mournedSince(all, since)).toEqual([])
      await allSee(machinesOf([...NEAR, ...ISLAND]))
    },
    TEST_LIMIT_MS,
  )

  test(
    'notices an agent that stands still, and takes it back when it goes on',
    async () => {
      const frozen = world.machine('proxy-b1')
      const witnesses = machinesOf(['proxy-a0', 'proxy-b0', 'worker-b0'])
      frozen.program().child.kill('SIGSTOP')
      for (const witness of witnesses) await sees(witness, [frozen], 'suspect', 'gone')
      frozen.program().child.kill('SIGCONT')
      for (const witness of witnesses) await sees(witness, [frozen], 'alive')
      await sees(frozen, machinesOf(NEAR), 'alive')
    },
    TEST_LIMIT_MS,
  )

  test(
    'notices a machine that is unplugged, and takes it back',
    async () => {
      const silent = world.machine('proxy-a1')
      const witnesses = machinesOf(['proxy-a0', 'head', 'proxy-b0', 'worker-a0'])
      world.lab.unplug(world.host('proxy-a1'))
      for (const witness of witnesses) await sees(witness, [silent], 'gone')
      await resolves(world.machine('worker-a0'), 'proxy', (found) => found[0] !== silent.host.address)
      world.lab.heal()
      for (const witness of witnesses) await sees(witness, [silent], 'alive')
      await sees(silent, machinesOf(NEAR), 'alive')
    },
    TEST_LIMIT_MS,
  )

  test(
    'follows a service whose machine dies to the one that takes its place',
    async () => {
      const [dead, worker] = [world.machine('head'), world.machine('worker-b0')]
      await dead.kill()
      for (const witness of machinesOf(['proxy-a0', 'proxy-b0', 'worker-a0'])) await sees(witness, [dead], 'gone')
      const heir = await world.rig.addMachine(world.lab.addHost('a', 'head-2'), 'head', dead.place.slot)
      expect(heir.place.generation).toBe(dead.place.generation + 1)
      await world.rig.joined(heir)
      for (const machine of machinesOf(['proxy-a0', 'proxy-b0', 'worker-b0', 'worker-h0'])) {
        await resolves(machine, 'head', (found) => found.length === 1 && found[0] === heir.host.address)
      }
      const follows = async () =>
        (await dnsOf(worker, 'head.service.muster')) === heir.host.address ? true : undefined
      await until('DNS to follow the service', follows, PATIENCE)
      await sees(heir, machinesOf(['proxy-a0', 'proxy-b0', 'worker-a0', 'worker-b0']), 'alive')
    },
    TEST_LIMIT_MS,
  )

  test(
    'stays as it is while its coordinator is away, and meets it again',
    async () => {
      const { coordinator } = world.rig
      const since = systemClock.now()
      await coordinator.kill()
      await coordinator.start()
      const all = machinesOf([...NEAR.filter((name) => name !== 'head'), 'head-2', ...ISLAND, ...HOME])
      for (const machine of all) {
        const isBack = async () => {
          const said = await machine.members()
          const found = said?.members.find(({ role }) => role === 'coordinator')
          return found?.status === 'alive' && said?.standing.phase === 'member' ? true : undefined
        }
        await until(`${machine.name} to meet the coordinator again`, isBack, PATIENCE)
      }
      const members = new Set(
        (await world.machine('proxy-a0').members())?.members
          .filter(({ role }) => role !== 'coordinator')
          .map(({ peer }) => peer),
      )
      const mourned = await mournedSince(all, since)
      expect(mourned.filter((line) => [...members].some((peer) => line.includes(peer)))).toEqual([])
    },
    TEST_LIMIT_MS,
  )

  test(
    'finds each other in one network segment by multicast alone',
    async () => {
      const island = machinesOf(ISLAND)
      world.lab.splitClouds()
      for (const machine of island) await machine.kill()
      for (const machine of island) machine.forgetPeers()
      for (const machine of island) machine.start()
      await allSee(island)
      for (const machine of island) await resolves(machine, 'proxy', has(island[0] ?? machine))
      world.lab.heal()
      await sees(world.machine('proxy-a0'), island, 'alive')
      // Some meet through the coordinator first, whose relay is quicker than a dial that began during the cut.
      for (const machine of machinesOf(['proxy-a0', 'proxy-b0', 'proxy-i0'])) {
        await until(`${machine.name} to need no relay`, () => isWithoutRelay(machine), PATIENCE)
      }
    },
    TEST_LIMIT_MS,
  )

  test(
    'goes on in halves without a coordinator, and is one again when the clouds meet',
    async () => {
      const sides = [machinesOf(['proxy-a0', 'proxy-a1', 'head-2']), machinesOf(['proxy-b0', 'proxy-b1'])] as const
      await world.rig.coordinator.kill()
      world.lab.splitClouds()
      await sees(world.machine('proxy-b0'), sides[0], 'gone')
      await sees(world.machine('proxy-a0'), sides[1], 'gone')
      await allSee(sides[0])
      await allSee(sides[1])
      await resolves(world.machine('worker-a0'), 'proxy', (found) =>
        sides[0].some(({ host }) => host.address === found[0]),
      )
      await resolves(world.machine('worker-b0'), 'proxy', (found) => found.length > 0)
      world.lab.heal()
      await allSee([...sides[0], ...sides[1]])
      await resolves(world.machine('worker-b0'), 'head', startsWith(world.machine('head-2')))
      expect((await viewOf(world.machine('proxy-a0'))).get('coordinator//0/0')).not.toBe('alive')
    },
    TEST_LIMIT_MS,
  )
})

describe.skipIf(missing !== undefined)('real agents behind two NATs', () => {
  test(
    'reach each other through their coordinator, find what the other provides, and notice when it dies',
    async () => {
      const hidden = await createMeshWorld([
        { name: 'a' },
        { name: 'home', isBehindNat: true },
        { name: 'island', isBehindNat: true },
      ])
      try {
        await hidden.add([
          ['home', 'one', 'proxy'],
          ['island', 'two', 'proxy'],
        ])
        const [one, two] = [hidden.machine('one'), hidden.machine('two')]
        await allSee([one, two])
        const isRelayed = async () => {
          const said = await one.members()
          const other = said?.members.find((member) => placeName(member) === placeName(two.place))
          return other?.connection?.isRelayed === true ? true : undefined
        }
        await until('a connection through the coordinator', isRelayed, PATIENCE)
        await resolves(one, 'proxy', (found) => found.join(' ') === `${one.host.address} ${two.host.address}`)
        await two.kill()
        await sees(one, [two], 'gone')
      } finally {
        await hidden.remove()
      }
    },
    TEST_LIMIT_MS,
  )
})

describe('a cluster of real agents on loopback', () => {
  test(
    'joins by tokens, finds its services, and notices who dies',
    async () => {
      const hosts = createLoopbackHosts()
      const rig = await createMeshRig({ host: hosts.addHost('a', 'coordinator'), definition: DEFINITION })
      try {
        const proxy = await rig.addMachine(hosts.addHost('a', 'proxy-a0'), 'proxy')
        const other = await rig.addMachine(hosts.addHost('b', 'proxy-b0'), 'proxy')
        const worker = await rig.addMachine(hosts.addHost('b', 'worker-b0'), 'worker')
        for (const machine of rig.machines) await rig.joined(machine)
        await allSee([proxy, other])
        await resolves(worker, 'proxy', (found) => found[0] === other.host.address && found.length === 2)
        await other.kill()
        await sees(worker, [other], 'gone')
        await resolves(worker, 'proxy', (found) => found[0] === proxy.host.address)
      } finally {
        await rig.remove()
        await hosts.remove()
      }
    },
    TEST_LIMIT_MS,
  )
})

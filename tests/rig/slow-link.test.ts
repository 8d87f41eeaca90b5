import { systemClock } from '@muster/runtime/clock.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { slowLinkMissing } from './backbone.ts'
import type { LinkRule } from './link-rule.ts'
import { resolvedBy } from './mesh-rig.ts'
import { allSee, createMeshWorld, type MeshWorld, mournedSince, resolves, sees } from './mesh-world.ts'
import { labMissing } from './namespaces.ts'
import type { RigMachine } from './rig-machine.ts'

const missing = labMissing() ?? slowLinkMissing()
/** One test may wait for several things, each with the patience of the rig. */
const TEST_LIMIT_MS = 600_000
/** Longer than the longest ping of a line takes to fail. */
const QUIET_MS = 15_000

/** A satellite, or an overseas line at its worst hour. */
const OVERSEAS: LinkRule = {
  delayMs: 150,
  jitterMs: 50,
  lossShare: 0.03,
  duplicateShare: 0.02,
  reorderShare: 0.05,
}

const FIXED = ['proxy-a0', 'proxy-a1', 'head', 'proxy-b0', 'proxy-b1'] as const
const WORKERS = ['worker-a0', 'worker-a1', 'worker-a2', 'worker-b0', 'worker-b1', 'worker-b2', 'worker-b3'] as const

let world: MeshWorld

const machinesOf = (names: readonly string[]) => names.map((name) => world.machine(name))
const startsWith = (machine: RigMachine) => (found: readonly string[]) => found[0] === machine.host.address

describe.skipIf(missing !== undefined)(
  'twelve real agents in two clouds with a slow and lossy line between them',
  () => {
    beforeAll(async () => {
      world = await createMeshWorld([{ name: 'a' }, { name: 'b' }])
      // The coordinator is in the first cloud: half of the agents join over the line.
      await world.lab.setLink(OVERSEAS)
      await world.add([
        ['a', 'proxy-a0', 'proxy'],
        ['b', 'proxy-b0', 'proxy'],
        ['a', 'head', 'head'],
        ['b', 'proxy-b1', 'proxy'],
        ['a', 'proxy-a1', 'proxy'],
        ['b', 'worker-b0', 'worker'],
        ['a', 'worker-a0', 'worker'],
        ['b', 'worker-b1', 'worker'],
        ['a', 'worker-a1', 'worker'],
        ['b', 'worker-b2', 'worker'],
        ['a', 'worker-a2', 'worker'],
        ['b', 'worker-b3', 'worker'],
      ])
    }, TEST_LIMIT_MS)

    afterAll(async () => {
      await world.remove()
    }, 60_000)

    test(
      'all see who works for all, and each finds the services of its own cloud first',
      async () => {
        await allSee(machinesOf(FIXED))
        for (const worker of machinesOf(WORKERS)) {
          await sees(worker, machinesOf(FIXED), 'alive')
          await resolves(worker, 'proxy', (found) => found.length === 4)
          const own = machinesOf(FIXED).filter(({ place }) => place.cloud === worker.place.cloud)
          const first = (await resolvedBy(worker, 'proxy')).slice(0, 2)
          expect(
            own.map(({ host }) => host.address),
            worker.name,
          ).toEqual(expect.arrayContaining([...first]))
          await resolves(worker, 'head', startsWith(world.machine('head')))
        }
      },
      TEST_LIMIT_MS,
    )

    test(
      'nobody mourns anybody because of the line',
      async () => {
        const all = machinesOf([...FIXED, ...WORKERS])
        const since = systemClock.now()
        await systemClock.sleep(QUIET_MS)
        expect(await mournedSince(all, since)).toEqual([])
      },
      TEST_LIMIT_MS,
    )

    test(
      'a service whose machine dies is found in the other cloud, where its successor is',
      async () => {
        const dead = world.machine('head')
        await dead.kill()
        for (const witness of machinesOf(['proxy-a0', 'proxy-b0'])) await sees(witness, [dead], 'gone')
        const heir = await world.rig.addMachine(world.lab.addHost('b', 'heir'), 'head', dead.place.slot)
        await world.rig.joined(heir)
        for (const machine of machinesOf(['proxy-a0', 'worker-a0', 'worker-b0'])) {
          await resolves(machine, 'head', startsWith(heir))
        }
      },
      TEST_LIMIT_MS,
    )

    test(
      'clouds that are cut from each other go on in halves, and are one again over the same line',
      async () => {
        const sides = [machinesOf(['proxy-a0', 'proxy-a1']), machinesOf(['proxy-b0', 'proxy-b1', 'heir'])] as const
        world.lab.splitClouds()
        // Each half has lost more than it has, and may doubt itself instead of the others.
        await sees(world.machine('proxy-a0'), sides[1], 'gone', 'suspect')
        await sees(world.machine('proxy-b0'), sides[0], 'gone', 'suspect')
        await allSee(sides[0])
        await allSee(sides[1])
        world.lab.heal()
        await allSee([...sides[0], ...sides[1]])
        await resolves(world.machine('worker-a0'), 'head', startsWith(world.machine('heir')))
      },
      TEST_LIMIT_MS,
    )
  },
)

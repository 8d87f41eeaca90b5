import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRig, type Rig } from '../mesh/cluster-rig.ts'
import { makeCloudMachine } from './machine.ts'

const LIMIT_MS = 180_000

let rig: Rig

beforeAll(async () => {
  rig = await createRig([
    { name: 'head', kind: 'singleton', ownsDemand: false },
    { name: 'worker', kind: 'scalable', ownsDemand: false },
  ])
})

afterAll(async () => {
  await rig.close()
}, 60_000)

test(
  'user-data with a section [muster] makes the machine a member, and a copy of it is told that its place is taken',
  async () => {
    const machine = makeCloudMachine()
    const config = join(machine.root, 'agent.conf')
    machine.put('agent.conf', 'dns_listen = off\n')
    machine.boot('i-1', await rig.section({ service: 'worker', cloud: 'a', slot: 0, generation: 0 }, '127.0.0.5'))
    const original = machine.start('--config', config)
    await original.shows('User-data: applied')
    await original.shows('Cluster: analysis (worker 0 in a, ')
    await original.stop()

    // The same disk, with the same token in it.
    machine.boot('i-2')
    const copy = machine.start('--config', config)
    await copy.shows('is a copy of another one')
    await copy.shows(/Cluster: clu_rig \(REFUSED: /)
    const tries = () => copy.log().split('takes part in the mesh').length - 1
    expect(tries()).toBe(1)
    await copy.stop()
  },
  LIMIT_MS,
)

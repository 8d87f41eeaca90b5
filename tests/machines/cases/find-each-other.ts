import assert from 'node:assert/strict'
import { agentMemory } from '../agent-memory.ts'
import { logIn } from '../log-in.ts'
import type { Machine } from '../machine.ts'
import { ROOT, ROOT_CLOUD_CONFIG } from '../root-login.ts'
import type { Site } from '../site.ts'
import type { MachineCase } from './case.ts'

const DEFINITION = `apiVersion: muster/v1
kind: Cluster
metadata: { name: case-g }
services:
  - { name: worker, type: scalable, max: 4 }
clouds:
  - { agent: here }
`

/**
 * Members listen at another port after each start. So machines that start while their coordinator is away can only find
 * each other by asking the segment.
 */
export const findEachOther: MachineCase = {
  key: 'g',
  title: 'two machines of a cluster on one network segment find each other by multicast, without the coordinator',
  async run(site, say) {
    const file = ['cluster', 'create', '-']
    await site.musterDone(file, DEFINITION)
    const machines = [await authorized(site, 'g-one'), await authorized(site, 'g-two')] as const
    await Promise.all(machines.map((machine) => machine.start()))
    for (const machine of machines)
      await machine.console().expect(/This machine works in a cluster[\s\S]*Cluster.*case-g|Cluster: /)
    await allSeeEachOther(machines)
    say('both have joined')
    await tellMemory(machines[0], say)
    await site.coordinator.stop()
    try {
      for (const machine of machines) await machine.shutDown()
      await Promise.all(machines.map((machine) => machine.start()))
      await allSeeEachOther(machines)
    } finally {
      await site.coordinator.start()
    }
  },
}

/** A machine that joins the cluster by a section of its own, as `muster cluster authorize` prints it. */
async function authorized(site: Site, name: string): Promise<Machine> {
  const wish = ['--service', 'worker', '--cloud', 'here']
  const section = await site.musterDone(['cluster', 'authorize', 'case-g', ...wish])
  assert.match(section, /^\[muster\]/)
  const seed = { instanceId: `instance-${name}`, userData: ROOT_CLOUD_CONFIG }
  return site.machine({ name, variant: 'baked', seed, files: { '/etc/muster/join.conf': section } })
}

/** For the documents: what a member takes of a machine of its own. */
async function tellMemory(machine: Machine, say: (line: string) => void): Promise<void> {
  const shell = await logIn(machine.console(), ROOT.name, ROOT.password)
  for (const line of await agentMemory(shell)) say(line)
  await shell.logOut()
}

/** Each is connected with the other over the segment, as its agent says. */
async function allSeeEachOther([one, two]: readonly [Machine, Machine]): Promise<void> {
  for (const [machine, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const shell = await logIn(machine.console(), ROOT.name, ROOT.password)
    await shell.run('cloud-init status --wait')
    await shell.run(`until muster-agent members --json | grep -F '/ip4/${other.address}/tcp/'; do sleep 1; done`)
    await shell.logOut()
  }
}

import type { RunningCoordinator } from '../coordinator.ts'
import type { Judge } from '../judge.ts'
import { lookFor } from '../wait.ts'
import type { DemoCluster, DemoMachines, WebMachine } from './demo-cluster.ts'
import { agentSays, configuredUrl, healthSeenBy, membersSeenBy, resolveAt, WORKER_FILE } from './sight.ts'
import { askWeb } from './web.ts'

/** What this part of the tour needs. */
export interface ClusterShow {
  readonly demo: DemoCluster
  readonly coordinator: RunningCoordinator
  readonly binFolder: string
  readonly judge: Judge
  readonly write: (line: string) => void
  readonly signal: AbortSignal
}

/** The same with the machines. */
interface Scene extends ClusterShow {
  readonly machines: DemoMachines
}

/** A service that moves is found again within this time. */
const TARGET_MS = 5_000
const NAME = 'web.service.muster'

/** Shows that machines find each other and a service, and that they need no coordinator when it moves. */
export async function showCluster(show: ClusterShow): Promise<void> {
  show.write('\nCluster: three machines in two clouds; a worker uses the web server of its cluster')
  const scene = { ...show, machines: await show.demo.started }
  await showMembers(scene)
  await showConfiguration(scene)
  await killCoordinator(scene)
  await moveService(scene)
}

async function showMembers(scene: Scene): Promise<void> {
  const { machines, judge, signal } = scene
  const { meadow, harbor, worker } = machines
  const isTogether = await eachSees(scene, [meadow, harbor, worker], 4)
  judge('all three have joined, and each sees the others and the coordinator', isTogether)
  const health = await lookFor(async () => {
    const [first, second] = await Promise.all([meadow, harbor].map(({ address }) => healthSeenBy(worker, address)))
    return first === 'passing' && second === 'failing' ? true : undefined
  }, signal)
  judge('the worker knows: the web of meadow works, that of harbor does not (its server is not started)', !!health)
  await print(scene, 'members')
}

async function showConfiguration(scene: Scene): Promise<void> {
  const { machines, judge, write } = scene
  const { meadow, worker } = machines
  write(`\nCluster: the worker's /${WORKER_FILE}, by a context with {{service.web.http}}`)
  const followed = await followsTo(scene, meadow)
  judge(`names ${meadow.url}, the web of meadow`, followed !== undefined)
  await judgeAnswer(scene, meadow)
  const addresses = await resolveAt(worker, NAME)
  judge(`the name ${NAME} is ${addresses.join(', ')}`, addresses.join() === meadow.address)
}

async function killCoordinator(scene: Scene): Promise<void> {
  const { machines, coordinator, judge, write } = scene
  write('\nCluster: the coordinator is killed (SIGKILL)')
  await coordinator.kill()
  judge('it is gone', coordinator.hasEnded())
  judge('the machines have noticed, and still have each other', await eachSees(scene, allOf(machines), 3))
}

async function moveService(scene: Scene): Promise<void> {
  const { machines, judge, write, signal } = scene
  const { meadow, harbor, worker } = machines
  write('\nCluster: the server of harbor is started')
  await harbor.startServer()
  const known = await lookFor(
    async () => ((await healthSeenBy(worker, harbor.address)) === 'passing' ? true : undefined),
    signal,
  )
  judge(`the worker knows that it works${after(known?.afterMs)}`, known !== undefined)
  await print(scene, 'services')

  write('\nCluster: the machine in meadow is lost (SIGKILL for its agent and its server)')
  // The time counts from before the blow, not from when the system has reaped the processes.
  const lost = meadow.killAll()
  const followed = await followsTo(scene, harbor)
  await lost
  judge(`the worker's file names ${harbor.url}${after(followed?.afterMs)}`, followed !== undefined)
  if (followed !== undefined) {
    write(`         target ${TARGET_MS / 1000} s: ${followed.afterMs <= TARGET_MS ? 'met' : 'MISSED'}`)
  }
  await judgeAnswer(scene, harbor)
  const addresses = await resolveAt(worker, NAME)
  judge(`the name ${NAME} is ${addresses.join(', ')}`, addresses.join() === harbor.address)
  await print(scene, 'services')
}

/** Whether what answers by the rendered configuration is the server of that machine. */
async function judgeAnswer({ machines, judge, signal }: Scene, machine: WebMachine): Promise<void> {
  const url = await configuredUrl(machines.worker)
  const name = url === undefined ? undefined : await askWeb(url, signal)
  judge(`a GET to the address in it is answered by: ${name ?? 'nobody'}`, name === machine.name)
}

function followsTo({ machines, signal }: Scene, machine: WebMachine) {
  return lookFor(async () => ((await configuredUrl(machines.worker)) === machine.url ? true : undefined), signal)
}

async function eachSees({ signal }: Scene, machines: ReturnType<typeof allOf>, members: number): Promise<boolean> {
  const look = async () => {
    const seen = await Promise.all(machines.map(membersSeenBy))
    return seen.every((count) => count === members) ? true : undefined
  }
  return (await lookFor(look, signal)) !== undefined
}

function allOf({ meadow, harbor, worker }: DemoMachines) {
  return [meadow, harbor, worker]
}

async function print({ binFolder, machines, write }: Scene, command: string): Promise<void> {
  write(`  $ bin/muster-agent ${command} --root ${machines.worker.root}`)
  for (const line of await agentSays(binFolder, command, machines.worker)) write(`    ${line}`)
}

function after(ms: number | undefined): string {
  return ms === undefined ? '' : `, after ${(ms / 1000).toFixed(1)} s`
}

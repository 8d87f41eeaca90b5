import { lookFor } from '../wait.ts'
import { type DemoCluster, type DemoMachines, DNS_PORT } from './demo-cluster.ts'
import { membersSeenBy, WORKER_FILE } from './sight.ts'

/** The machines and the coordinator. */
const MEMBERS = 4

/** Where it is told how to look at the cluster. */
export interface DemoTelling {
  readonly demo: DemoCluster
  /** Of the pages. */
  readonly url: string
  readonly write: (line: string) => void
  readonly signal: AbortSignal
}

/** Tells how to look at the cluster as soon as its worker sees all of it, or that it cannot be started. Never fails. */
export async function showDemo({ demo, url, write, signal }: DemoTelling): Promise<void> {
  try {
    const machines = await demo.started
    await machines.harbor.startServer()
    const seen = await lookFor(
      async () => ((await membersSeenBy(machines.worker)) === MEMBERS ? true : undefined),
      signal,
    )
    if (seen === undefined) write('  cluster │ its worker does not see all machines yet: look at it as told below')
    write(wordsOf(machines, url).join('\n'))
  } catch (error) {
    if (signal.aborted) return
    write(`  cluster │ could not be started: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function wordsOf({ cluster, meadow, worker }: DemoMachines, url: string): readonly string[] {
  const lost = [meadow.pid, meadow.server()?.pid].filter((pid) => pid !== undefined).join(' ')
  return [
    '',
    '  A cluster runs as well: a web server in each of two clouds, and a worker whose configuration names the best one.',
    `  Its pages     ${url}/clusters/${cluster.id}`,
    '',
    '  Look at it as the worker does, from another terminal in this folder:',
    '',
    `    bin/muster-agent members --root ${worker.root}`,
    `    bin/muster-agent services --watch --root ${worker.root}`,
    `    curl $(sed -n s/^ANALYSIS_WEB=//p ${worker.root}/${WORKER_FILE})`,
    `    dig +short @${worker.address} -p ${DNS_PORT} web.service.muster`,
    '',
    '  Lose the machine in meadow, agent and server, and look again: the worker uses the one in harbor.',
    '',
    `    kill -9 ${lost}`,
    '',
  ]
}

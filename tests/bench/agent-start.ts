import { startMachine } from '../running/agent.ts'
import { startCoordinator } from '../running/coordinator.ts'
import type { Benchmark } from './report.ts'
import { median, quantile } from './statistics.ts'

/** Time from starting the agent's process to the PIN on its console. */
export const agentStart: Benchmark = {
  name: 'pin',
  title: 'From the start of the agent to the PIN on its console',
  missing: () => undefined,
  async run({ runs, say }) {
    const coordinator = await startCoordinator()
    const times: number[] = []
    try {
      for (let run = 0; run < runs; run++) {
        say(`pin: run ${run + 1} of ${runs}`)
        const start = performance.now()
        const machine = startMachine(coordinator.url)
        try {
          await machine.pin()
          times.push(performance.now() - start)
        } finally {
          await machine.stop()
        }
      }
    } finally {
      await coordinator.stop()
    }
    return {
      name: 'pin',
      title: agentStart.title,
      rows: [{ what: 'PIN shown', numbers: { 'median ms': median(times), 'p90 ms': quantile(times, 0.9), runs } }],
      targets: [],
      notes: ['from source in Node, coordinator on loopback; looked at every 25 ms'],
    }
  },
}

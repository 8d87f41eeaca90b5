import { canBuildTrees } from '../capabilities.ts'
import { readPublicContext } from '../public-contexts/public-context.ts'
import { signUp } from '../running/account.ts'
import { startMachine } from '../running/agent.ts'
import { claimByPin, proposalOf } from '../running/claim.ts'
import { startCoordinator } from '../running/coordinator.ts'
import { copyTree } from '../trees/debian-tree.ts'
import type { Benchmark } from './report.ts'
import { median, quantile } from './statistics.ts'

/** Longest time that a person should have to watch (issue's target). */
const TARGET_MS = 2000

/** Time from the claim of a PIN to the end of the apply, everything in between done without a person. */
export const claimToApplied: Benchmark = {
  name: 'claim',
  title: 'From the claim of a PIN to atlas.context applied in a Debian tree',
  missing: () => (canBuildTrees() ? undefined : 'needs root and mmdebstrap'),
  async run({ runs, say }) {
    const coordinator = await startCoordinator()
    const person = await signUp(coordinator.url)
    const text = readPublicContext('atlas')
    const times: number[] = []
    try {
      for (let run = 0; run < runs; run++) {
        say(`claim: run ${run + 1} of ${runs}`)
        using tree = await copyTree()
        const machine = startMachine(coordinator.url, tree.root)
        try {
          const pin = await machine.pin()
          const start = performance.now()
          const claimed = await claimByPin(person, pin)
          await claimed.connect()
          await claimed.propose(proposalOf('atlas', text))
          const { summary } = await claimed.approve(() => undefined)
          times.push(performance.now() - start)
          if (summary.outcome !== 'applied') throw new Error(`the apply ended with ${summary.outcome}`)
        } finally {
          await machine.stop()
        }
      }
    } finally {
      await coordinator.stop()
    }
    const middle = median(times)
    return {
      name: 'claim',
      title: claimToApplied.title,
      rows: [
        {
          what: 'claim, handshake, plan, apply',
          numbers: { 'median ms': middle, 'p90 ms': quantile(times, 0.9), runs },
        },
      ],
      targets: [{ wish: 'claim to applied under 2000 ms (median)', measured: middle, isMet: middle < TARGET_MS }],
      notes: ['the claimant approves at once; a coordinator and an agent as processes on loopback'],
    }
  },
}

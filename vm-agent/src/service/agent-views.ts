import type { MachineFacts } from '@muster/contexts/wire/pairings.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { ViewSource } from '../console/console-service.ts'
import type { MachineView } from '../console/view.ts'
import { createBell } from '../pairing/bell.ts'
import type { MachineViewSource } from '../pairing/driver.ts'
import type { AgentCluster } from './agent-cluster.ts'

/** What a machine shows that has no coordinator: it is a member of its cluster, and nobody pairs it. */
export function memberView(
  deps: { readonly clock: Clock },
  facts: MachineFacts,
  notices: readonly string[],
): MachineView {
  return {
    body: { kind: 'member' },
    facts,
    coordinatorUrl: undefined,
    now: deps.clock.now(),
    clockSkewMs: undefined,
    notices,
  }
}

/** What the console shows: what `base` knows, and where the machine stands with its cluster. */
export function withCluster(base: MachineViewSource, cluster: AgentCluster): ViewSource {
  return {
    view: () => ({
      ...base.view(),
      cluster: cluster.membership.view(),
      waitingFor: cluster.replanning.standing()?.waitingFor ?? [],
    }),
    async changed(signal) {
      const bell = createBell()
      const turn = new AbortController()
      const either = AbortSignal.any([signal, turn.signal])
      const stop = cluster.membership.onChange(() => bell.ring())
      const waits = [base.changed(either), bell.rung(either)]
      try {
        await Promise.race(waits)
      } finally {
        stop()
        turn.abort()
        await Promise.allSettled(waits)
      }
    },
  }
}

import type { MachineFacts } from '@muster/contexts/wire/pairings.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { ViewSource } from '../console/console-service.ts'
import type { MachineView } from '../console/view.ts'
import { createBell } from '../pairing/bell.ts'
import type { MachineViewSource } from '../pairing/driver.ts'
import type { UserData } from '../sources/user-data-service.ts'
import type { AgentCluster } from './agent-cluster.ts'

/** What is known of a machine without a coordinator. */
export interface MemberParts {
  readonly facts: MachineFacts
  readonly notices: readonly string[]
  readonly isMember: boolean
}

/** What a machine shows that has no coordinator: it is a member of its cluster, or alone, and nobody pairs it. */
export function memberView(deps: { readonly clock: Clock }, { facts, notices, isMember }: MemberParts): MachineView {
  return {
    body: { kind: isMember ? 'member' : 'alone' },
    facts,
    coordinatorUrl: undefined,
    now: deps.clock.now(),
    clockSkewMs: undefined,
    notices,
  }
}

/** What the console shows besides the machine itself. */
export interface ViewParts {
  readonly cluster: AgentCluster
  readonly userData: UserData | undefined
}

/** What the console shows: what `base` knows, where the machine stands with its cluster, what becomes of its user-data. */
export function consoleSource(base: MachineViewSource, { cluster, userData }: ViewParts): ViewSource {
  return {
    view: () => ({
      ...base.view(),
      cluster: cluster.membership.view(),
      waitingFor: cluster.replanning.standing()?.waitingFor ?? [],
      userData: userData?.view(),
    }),
    async changed(signal) {
      const bell = createBell()
      const turn = new AbortController()
      const either = AbortSignal.any([signal, turn.signal])
      const ring = () => bell.ring()
      const stops = [cluster.membership.onChange(ring), userData?.onChange(ring)]
      const waits = [base.changed(either), bell.rung(either)]
      try {
        await Promise.race(waits)
      } finally {
        for (const stop of stops) stop?.()
        turn.abort()
        await Promise.allSettled(waits)
      }
    },
  }
}

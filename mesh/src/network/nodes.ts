import type { PeerId } from '../admission/membership.ts'

/**
 * How a node of the memory network is. `running` · `frozen` its process stands still, the kernel still accepts and
 * keeps what comes · `crashed` the process is dead, its host answers with a reset · `silent` the host is off the net
 */
export type NodeHealth = 'running' | 'frozen' | 'crashed' | 'silent'

/** Most deliveries that wait for a frozen process; what is beyond is lost, as in a full socket buffer. */
const MAX_BACKLOG = 10_000

/** The processes of a simulation: delivery depends on how each is. */
export interface Nodes {
  healthOf(peer: PeerId): NodeHealth
  set(peer: PeerId, health: NodeHealth): void
  /** Counts up with each `set`. */
  readonly changes: number
  /** Counts up when the process starts anew; what was meant for an earlier one is dropped. */
  epochOf(peer: PeerId): number
  /** Runs now, after the thaw, or never, by the health of the node. */
  deliver(peer: PeerId, epoch: number, run: () => void): void
}

/** No node is known; an unknown one counts as silent. */
export function createNodes(): Nodes {
  const health = new Map<PeerId, NodeHealth>()
  const epochs = new Map<PeerId, number>()
  const backlog = new Map<PeerId, (() => void)[]>()
  let changes = 0
  const epochOf = (peer: PeerId) => epochs.get(peer) ?? 0
  return {
    healthOf: (peer) => health.get(peer) ?? 'silent',
    epochOf,
    get changes() {
      return changes
    },
    set(peer, next) {
      changes += 1
      const before = health.get(peer)
      health.set(peer, next)
      if (next === 'crashed' || next === 'silent') {
        epochs.set(peer, epochOf(peer) + 1)
        backlog.delete(peer)
      }
      if (before !== 'frozen' || next !== 'running') return
      const waiting = backlog.get(peer) ?? []
      backlog.delete(peer)
      for (const run of waiting) run()
    },
    deliver(peer, epoch, run) {
      if (epoch !== epochOf(peer)) return
      const now = health.get(peer)
      if (now === 'running') run()
      if (now !== 'frozen') return
      const waiting = backlog.get(peer) ?? []
      if (waiting.length < MAX_BACKLOG) waiting.push(run)
      backlog.set(peer, waiting)
    },
  }
}

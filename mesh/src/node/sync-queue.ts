import type { PeerId } from '../admission/membership.ts'

/** `news` the signed documents and what this node says itself · `all` records of topics besides */
export type SyncScope = 'news' | 'all'

/** Peers that wait for an exchange. */
const MAX_WAITING = 256
/** Exchanges at once: the second one goes on when a slow peer holds the first. */
const MAX_RUNNING = 2

/** Exchanges that are due, each peer once. */
export interface SyncQueue {
  /** Does nothing when the queue is full: the next periodic exchange makes up for it. */
  add(peer: PeerId, scope: SyncScope): void
  /** From now on they are run. @param run - must not reject */
  start(run: (peer: PeerId, scope: SyncScope) => Promise<void>): void
  /** Those that wait are dropped, and no more are taken. */
  stop(): void
}

/** Nobody waits. */
export function createSyncQueue(): SyncQueue {
  const waiting = new Map<PeerId, SyncScope>()
  let running = 0
  let run: ((peer: PeerId, scope: SyncScope) => Promise<void>) | undefined
  let isStopped = false
  const pump = () => {
    for (const [peer, scope] of waiting) {
      if (run === undefined || running >= MAX_RUNNING) return
      waiting.delete(peer)
      running += 1
      void run(peer, scope).finally(() => {
        running -= 1
        pump()
      })
    }
  }
  return {
    add(peer, scope) {
      if (isStopped || (waiting.size >= MAX_WAITING && !waiting.has(peer))) return
      if (scope === 'all' || !waiting.has(peer)) waiting.set(peer, scope)
      pump()
    },
    start(how) {
      run = how
      pump()
    },
    stop() {
      isStopped = true
      waiting.clear()
    },
  }
}

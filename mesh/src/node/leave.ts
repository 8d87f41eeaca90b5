import { timeoutSignal } from '@muster/runtime/clock.ts'
import type { PeerId } from '../admission/membership.ts'
import type { BlobExchange } from '../blobs/exchange.ts'
import type { DeparturePayload } from '../records/payloads.ts'
import { changed, type NodeCore, timesOf } from './core.ts'
import type { NodeWorks } from './run.ts'
import { isMember } from './standing.ts'
import { exchangeNews } from './sync.ts'
import { perform } from './tell.ts'

/** Neighbors that are told of the departure one by one, so that it does not hang on a message that is lost. */
const TOLD_PEERS = 3
const TELL_MS = 2_000

/** A node's way out. */
export interface Leaving {
  leave(reason: DeparturePayload['reason']): Promise<void>
  /** Aborts when leaving begins. */
  readonly signal: AbortSignal
}

/** Not leaving yet. */
export function createLeaving(core: NodeCore, works: NodeWorks, blobs: BlobExchange): Leaving {
  const begun = new AbortController()
  let leaving: Promise<void> | undefined
  const leave = async (reason: DeparturePayload['reason']) => {
    begun.abort(new DOMException('The node leaves its cluster', 'AbortError'))
    core.queue.stop()
    works.ownProber.stop()
    works.userProber.stop()
    await sayGoodbye(core, works, reason)
    core.hasLeft = true
    await blobs.stop()
    await works.link.detach()
    core.connected.clear()
    core.relayed.clear()
    changed(core)
  }
  return {
    signal: begun.signal,
    leave(reason) {
      leaving ??= leave(reason)
      return leaving
    },
  }
}

async function sayGoodbye(core: NodeCore, works: NodeWorks, reason: DeparturePayload['reason']): Promise<void> {
  const { member } = core
  if (member === undefined || !isMember(core)) return
  for (const effect of member.handle({ type: 'leave', reason }, timesOf(core))) {
    // Connections are closed once the others know.
    if (effect.type !== 'hang-up') perform(core, effect)
  }
  const told = [...core.connected].slice(0, TOLD_PEERS)
  await Promise.all(told.map((peer) => tellOne(core, works, peer)))
}

/** Resolves when the peer knows, or cannot be told in time. */
async function tellOne(core: NodeCore, { link }: NodeWorks, peer: PeerId): Promise<void> {
  const deadline = timeoutSignal(core.parts.clock, TELL_MS)
  const late = new Promise<void>((resolve) => {
    deadline.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const told = exchangeNews(core, link.streams, peer, true).catch(() => {
    // One that is not reached hears it from the others.
  })
  await Promise.race([told, late])
  deadline.cancel()
}

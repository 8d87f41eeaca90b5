import { ApiError } from '@muster/contexts/api/api-error.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import { type BoundedQueue, createBoundedQueue } from '@muster/runtime/queue.ts'
import type { Random } from '@muster/runtime/random.ts'
import { retry } from '@muster/runtime/retry.ts'

/** One message to a claimant, sealed. */
export interface OutgoingMessage {
  readonly claimId: string
  readonly body: string
}

/** Messages to the coordinator's mailbox, one after the other: their order is part of the protocol. */
export interface Outbox {
  /** Takes a message; false when too many wait, which ends the claim. */
  put(message: OutgoingMessage): boolean
  /** Resolves when all messages taken so far are posted or given up. */
  flushed(): Promise<void>
}

/** What an outbox stands on. */
export interface OutboxDeps {
  readonly clock: Clock
  readonly random: Random
  readonly post: (message: OutgoingMessage, signal: AbortSignal) => Promise<unknown>
  /** Told when a message could not be posted: the claim is lost. */
  readonly onLost: (claimId: string, error: ApiError) => void
}

/** A claim may hold 200 messages in all; so many at once is a claimant that does not read. */
const CAPACITY = 200
const ATTEMPTS = 6
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 4_000

/** An outbox that works until the signal aborts; `run` resolves then. */
export function createOutbox(deps: OutboxDeps): Outbox & { run(signal: AbortSignal): Promise<void> } {
  const queue: BoundedQueue<OutgoingMessage> = createBoundedQueue({ capacity: CAPACITY })
  const lost = new Set<string>()
  let unposted = 0
  let idle = Promise.withResolvers<void>()
  idle.resolve()

  async function post(message: OutgoingMessage, signal: AbortSignal): Promise<void> {
    if (lost.has(message.claimId)) return
    try {
      await retry(() => deps.post(message, signal), {
        attempts: ATTEMPTS,
        baseMs: FIRST_WAIT_MS,
        maxMs: LONGEST_WAIT_MS,
        clock: deps.clock,
        random: deps.random,
        signal,
        isRetryable: (error) => error instanceof ApiError && error.isTransient,
      })
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ApiError)) throw error
      // Later messages of the claim could not be opened without this one.
      lost.add(message.claimId)
      deps.onLost(message.claimId, error)
    }
  }

  return {
    put(message) {
      if (!queue.push(message)) return false
      if (unposted === 0) idle = Promise.withResolvers<void>()
      unposted += 1
      return true
    },
    flushed: () => idle.promise,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await post(await queue.take(signal), signal)
        } catch (error) {
          if (!signal.aborted) throw error
          return
        }
        unposted -= 1
        if (unposted === 0) idle.resolve()
      }
    },
  }
}

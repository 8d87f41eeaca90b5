import type { ApiClient } from '@muster/contexts/api/client.ts'
import type { Secret } from '@muster/contexts/secret.ts'
import type { Mailbox as MailboxAnswer, MailboxMessage } from '@muster/contexts/wire/pairings.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Static } from 'typebox'
import { callFailureOf } from './call-failure.ts'
import type { CallFailure } from './events.ts'
import { createPace } from './pace.ts'
import type { TaskGroup } from './task-group.ts'

/** Longest wait of a long poll that the coordinator allows. */
const LONG_POLL_MS = 25_000
/** A handshake, a proposal and its answers fit into the burst. */
const POLL_PACE = { burst: 60, refillMs: 1_000 } as const

/** What a mailbox stands on, and whom it tells. */
export interface MailboxDeps {
  readonly api: ApiClient
  readonly clock: Clock
  readonly random: Random
  readonly tasks: TaskGroup
  readonly onAnswer: (pairingId: string, answer: MailboxAnswer, news: readonly Static<typeof MailboxMessage>[]) => void
  readonly onFailure: (pairingId: string, failure: CallFailure) => void
}

/** The mailbox of the current pairing at the coordinator. */
export interface Mailbox {
  /** From now on this pairing's mailbox is meant; an open question to another one is dropped. */
  open(pairingId: string, agentToken: Secret): void
  /** Asks once; drops a question that is still open. */
  poll(pairingId: string, isProbe: boolean): void
  /** A client that may speak for the pairing, while it is the current one. */
  clientOf(pairingId: string): ApiClient | undefined
  /** Drops an open question. */
  close(): void
}

interface Box {
  readonly pairingId: string
  readonly client: ApiClient
  seen: number
  state: MailboxAnswer['state']
  /** Of the claim that was seen last, while it goes on. */
  claim: string | undefined
}

/** A mailbox; nothing is asked before `poll`. */
export function createMailbox(deps: MailboxDeps): Mailbox {
  const pace = createPace(deps.clock, POLL_PACE)
  let box: Box | undefined
  let question = new AbortController()

  async function ask(current: Box, isProbe: boolean, signal: AbortSignal): Promise<void> {
    await pace(signal)
    const { pairingId, seen, state, claim } = current
    try {
      const answer = await current.client.pairings.messages(pairingId, {
        after: seen,
        waitMs: isProbe ? 0 : LONG_POLL_MS,
        state,
        ...(claim === undefined ? {} : { claim }),
        signal,
      })
      // A message that was seen is not heard twice, whatever the coordinator sends.
      const news = answer.messages.filter((message) => message.sequence > seen).toSorted(bySequence)
      current.seen = news.at(-1)?.sequence ?? seen
      current.state = answer.state
      current.claim = answer.claimant?.claimId
      deps.onAnswer(pairingId, answer, news)
    } catch (error) {
      if (signal.aborted) return
      deps.onFailure(pairingId, callFailureOf(error, deps.random))
    }
  }

  function close(): void {
    question.abort(new DOMException('the mailbox is not asked any more', 'AbortError'))
    question = new AbortController()
  }

  return {
    open(pairingId, agentToken) {
      close()
      box = { pairingId, client: deps.api.withToken(agentToken), seen: 0, state: 'waiting', claim: undefined }
    },
    poll(pairingId, isProbe) {
      close()
      const current = box
      if (current?.pairingId !== pairingId) return
      const { signal } = question
      deps.tasks.start((life) => ask(current, isProbe, AbortSignal.any([signal, life])))
    },
    clientOf: (pairingId) => (box?.pairingId === pairingId ? box.client : undefined),
    close,
  }
}

function bySequence(left: { readonly sequence: number }, right: { readonly sequence: number }): number {
  return left.sequence - right.sequence
}

import type { ApiClient } from '@muster/contexts/api/client.ts'
import { formatPin } from '@muster/contexts/pairing/pin.ts'
import type { MachineFacts } from '@muster/contexts/wire/pairings.ts'
import { timeoutSignal } from '@muster/runtime/clock.ts'
import { AgentError } from '../identity/agent-error.ts'
import { createClaimDesk } from './claim-desk.ts'
import { createCoordinatorCalls } from './coordinator-calls.ts'
import type { Happening, PairingDeps } from './driver.ts'
import type { EffectOf, PairingEffect } from './events.ts'
import { farewell } from './farewell.ts'
import type { ShownPin } from './machine-view.ts'
import { createMailbox } from './mailbox.ts'
import { createOutbox } from './outbox.ts'
import type { PairingState } from './state.ts'
import type { TaskGroup } from './task-group.ts'
import { createWorkDesk } from './work-desk.ts'

/** How long messages to the claimant and the end of the PIN may take when the agent stops. */
const LAST_WORDS_MS = 2_000

/** What effects stand on. */
export interface EffectsDeps extends PairingDeps {
  readonly tasks: TaskGroup
  /** Takes events, and work that must come after the events taken before. */
  readonly dispatch: (item: Happening | (() => void)) => void
  /** What the console shall know. */
  readonly shows: {
    show(pin: ShownPin): void
    clear(): void
    /** Without a skew, what is known of it stays. */
    facts(facts: MachineFacts, clockSkewMs?: number): void
    notice(text: string): void
  }
  /** Aborts when the agent shall finish what it does and stop. */
  readonly stop: AbortSignal
}

/** Does what the state machine wants done. */
export interface Effects {
  /** @param state - the state after the step: where secrets are, which effects do not carry */
  execute(effect: PairingEffect, state: PairingState): Promise<void>
  /** Posts what is to be posted, and ends the PIN at the coordinator. */
  lastWords(state: PairingState): Promise<void>
}

/** Effects on the world of `deps`. */
export function createEffects(deps: EffectsDeps): Effects {
  const { dispatch, tasks, shows } = deps
  const calls = createCoordinatorCalls(deps)
  const mailbox = createMailbox({
    ...deps,
    onAnswer(pairingId, answer, news) {
      dispatch({ type: 'polled', pairingId, mailbox: answer.state, claimant: answer.claimant })
      dispatch(() => {
        for (const { claimId, body } of news) desk.receive(claimId, body)
      })
    },
    onFailure: (pairingId, failure) => dispatch({ type: 'poll-failed', pairingId, failure }),
  })
  let current: { readonly pairingId: string; readonly client: ApiClient } | undefined
  // Of the claim spoken with last, which may outlive its pairing's time as the current one by its last messages.
  let line: { readonly claimId: string; readonly pairingId: string; readonly client: ApiClient } | undefined
  const outbox = createOutbox({
    ...deps,
    post: async ({ claimId, body }, signal) => {
      if (line?.claimId !== claimId) return
      await line.client.pairings.post(line.pairingId, { claimId, body }, { signal })
    },
    onLost(claimId, error) {
      deps.log.warn({ claimId, code: error.code, status: error.status }, 'a message could not be posted')
      dispatch({ type: 'handshake-ended', claimId, outcome: 'protocol' })
      dispatch({ type: 'bad-message', claimId })
    },
  })
  const desk = createClaimDesk({ ...deps, outbox, tell: dispatch })
  const work = createWorkDesk({ ...deps, tell: dispatch })
  tasks.start((signal) => outbox.run(signal))

  function request({ request: number }: EffectOf<'request'>): void {
    tasks.start(async (signal) => {
      const answer = await calls.issue(signal)
      const { facts } = answer
      if ('failure' in answer) {
        dispatch(() => shows.facts(facts))
        dispatch({ type: 'request-failed', request: number, failure: answer.failure })
        return
      }
      const { pairingId, pin, agentToken, verificationUrl, clockSkewMs } = answer.value
      dispatch(() => {
        current = { pairingId, client: deps.api.withToken(agentToken) }
        mailbox.open(pairingId, agentToken)
        shows.facts(facts, clockSkewMs)
      })
      dispatch({ type: 'issued', request: number, pairingId, pin, verificationUrl })
    })
  }

  function begin({ pairingId, claimant }: EffectOf<'begin-handshake'>, state: PairingState): void {
    if (!('live' in state) || current?.pairingId !== pairingId) return
    line = { claimId: claimant.claimId, ...current }
    desk.begin(pairingId, claimant, state.live.pin.secret)
  }

  function complete({ pairingId, claimId }: EffectOf<'complete'>): void {
    const client = current?.client
    if (client === undefined) return
    tasks.start(async (signal) => {
      const answer = await calls.complete(client, pairingId, claimId, signal)
      if ('failure' in answer) dispatch({ type: 'complete-failed', claimId, failure: answer.failure })
      else dispatch({ type: 'completed', claimId, machine: answer.value })
    })
  }

  /**
   * Speaks for a pairing that may end now: the client is kept as long as the call takes. One call after the other: a
   * rejected claim must be told before its PIN is burned, or the claimant would not learn why.
   */
  let spoken: Promise<void> = Promise.resolve()
  function speak(pairingId: string, call: (client: ApiClient, signal: AbortSignal) => Promise<void>): void {
    if (current?.pairingId !== pairingId) return
    const { client } = current
    const before = spoken
    const { promise, resolve } = Promise.withResolvers<void>()
    spoken = promise
    tasks.start(async (signal) => {
      await before
      await call(client, signal).finally(resolve)
    })
  }

  async function store(what: string, task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (error) {
      if (!(error instanceof AgentError)) throw error
      deps.log.error({ error }, `${what} could not be stored`)
      shows.notice(`${error.message}. ${error.hint ?? ''}`.trim())
    }
  }

  async function execute(effect: PairingEffect, state: PairingState): Promise<void> {
    switch (effect.type) {
      case 'request':
        return request(effect)
      case 'show':
        return shows.show({ ...effect, pin: formatPin(effect.pin) })
      case 'clear':
        mailbox.close()
        return shows.clear()
      case 'poll':
        return mailbox.poll(effect.pairingId, effect.isProbe)
      case 'begin-handshake':
        return begin(effect, state)
      case 'drop-keys':
        return desk.drop(effect.claimId)
      case 'reject':
        return speak(effect.pairingId, (client, signal) => calls.reject(client, effect.pairingId, effect, signal))
      case 'burn':
        return speak(effect.pairingId, (client, signal) => calls.burn(client, effect.pairingId, signal))
      case 'complete':
        return complete(effect)
      case 'remember':
        return store('the pairing', () => deps.remember(effect.machine))
      case 'forget':
        return store('the end of the pairing', deps.forget)
      case 'plan':
        return work.plan(effect.number, effect.proposal)
      case 'cancel-plan':
        return work.cancelPlan()
      case 'apply':
        return work.apply(effect.number, effect.proposal, deps.stop)
      case 'send':
        return desk.send(effect.claimId, effect.message)
      case 'hang-up':
        desk.send(effect.claimId, farewell(effect.reason))
        desk.drop(effect.claimId)
        mailbox.close()
        return speak(effect.pairingId, (client, signal) => calls.burn(client, effect.pairingId, signal))
    }
  }

  async function lastWords(state: PairingState): Promise<void> {
    const limit = timeoutSignal(deps.clock, LAST_WORDS_MS)
    const isOver = new Promise<void>((resolve) =>
      limit.signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    mailbox.close()
    if (state.phase === 'paired' && state.talk !== undefined && state.talk.outage === undefined) {
      desk.send(state.talk.claimId, farewell('stopping'))
    }
    await Promise.race([outbox.flushed(), isOver])
    // A coordinator that is away would not hear it; the PIN is dead without this agent all the same.
    if ('live' in state && state.outage === undefined && current !== undefined) {
      const { client } = current
      await Promise.race([calls.burn(client, state.live.pairingId, limit.signal), isOver])
    }
    limit.cancel()
  }

  return { execute, lastWords }
}

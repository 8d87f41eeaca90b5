import { Secret } from '@muster/contexts/secret.ts'
import type { PairingEffect, PairingEvent } from '@muster/vm-agent/pairing/events.ts'
import { nextPairing } from '@muster/vm-agent/pairing/next.ts'
import { type PairedMachine, type PairingState, unpairedState } from '@muster/vm-agent/pairing/state.ts'

/** An event without its time. */
export type Happening = PairingEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never

/** Plays events on the state machine and keeps what it wanted done. */
export interface Story {
  readonly state: PairingState
  /** Monotonic ms. */
  readonly at: number
  happen(event: Happening): readonly PairingEffect[]
  wait(ms: number): readonly PairingEffect[]
  /** Answers the last request for a PIN; gives the pairing id. */
  issue(): string
}

export const alice = { claimId: 'clm_1', accountId: 'acc_alice', login: 'alice' }

export const machine: PairedMachine = {
  machineId: 'mch_1',
  machineToken: new Secret('msm_token'),
  owner: { accountId: 'acc_alice', login: 'alice' },
}

export const proposal = {
  type: 'propose',
  context: { name: 'atlas', version: 3, digest: 'a'.repeat(64) },
  text: '[cernvm]\n',
  isStrict: false,
} as const

export const trouble = { kind: 'trouble', trouble: { cause: 'refused', detail: 'no' }, spread: 0.5 } as const

export function createStory(from: PairingState = unpairedState): Story {
  let state = from
  let at = 1000
  let issued = 0
  const happen = (event: Happening) => {
    const step = nextPairing(state, { ...event, at } as PairingEvent)
    state = step.state
    return step.effects
  }
  return {
    get state() {
      return state
    },
    get at() {
      return at
    },
    happen,
    wait(ms) {
      at += ms
      return happen({ type: 'tick' })
    },
    issue() {
      issued += 1
      const pairingId = `pair_${issued}`
      const pin = { locator: 'WDJB', secret: new Secret(`MJ${issued}`) }
      const request = 'request' in state ? state.request : 0
      happen({ type: 'issued', request, pairingId, pin, verificationUrl: 'muster.example/pair' })
      return pairingId
    },
  }
}

/** A story that stands at a shown PIN. */
export function showingStory(): { readonly story: Story; readonly pairingId: string } {
  const story = createStory()
  story.happen({ type: 'start' })
  return { story, pairingId: story.issue() }
}

/** A claim that ends with a wrong PIN. */
export function guessWrong(story: Story, pairingId: string, claimId: string): readonly PairingEffect[] {
  story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: { ...alice, claimId } })
  return story.happen({ type: 'handshake-ended', claimId, outcome: 'wrong-pin' })
}

/** A story whose machine is paired and talks to alice. */
export function pairedStory(): { readonly story: Story; readonly pairingId: string } {
  const { story, pairingId } = showingStory()
  story.happen({ type: 'polled', pairingId, mailbox: 'claimed', claimant: alice })
  story.happen({ type: 'handshake-ended', claimId: alice.claimId, outcome: 'confirmed' })
  story.happen({ type: 'completed', claimId: alice.claimId, machine })
  return { story, pairingId }
}

export function types(effects: readonly PairingEffect[]): readonly string[] {
  return effects.map((effect) => effect.type)
}

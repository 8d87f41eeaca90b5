import { type ClaimedMachine, claimMachine, type Proposal } from '@muster/contexts/pairing/claimant.ts'
import { parsePin } from '@muster/contexts/pairing/pin.ts'
import { useEffect, useMemo, useReducer, useRef } from 'react'
import { api } from '../api/api.ts'
import { browserRandom } from '../api/browser-random.ts'
import { browserClock } from './browser-clock.ts'
import { type ContextChoice, nextPairState, type PairState } from './pair-state.ts'

/** What the page can do with a pairing. Each call returns at once; the state tells what came of it. */
export interface PairingActions {
  enterPin(pin: string): void
  confirm(): void
  propose(choice: ContextChoice, proposal: Proposal): void
  withdraw(): void
  approve(): void
  /** Gives up what is under way and asks for a PIN again. */
  restart(): void
}

/** One pairing, run by this page; leaving the page gives an unfinished claim up. */
export function usePairing(): readonly [PairState, PairingActions] {
  const [state, dispatch] = useReducer(nextPairState, { step: 'pin' })
  const session = useRef<PairingSession>(null)

  useEffect(() => () => session.current?.stop(), [])

  const actions = useMemo<PairingActions>(() => {
    /** Runs one step; its error is told unless the pairing was given up meanwhile. */
    const run = (step: (machine: ClaimedMachine) => Promise<void>) => {
      const current = session.current
      const machine = current?.machine
      if (current === null || machine === undefined) return
      step(machine).catch((error: unknown) => current.fail(error))
    }
    const begin = (pin: string) => {
      session.current?.stop()
      const current = createSession((error) => dispatch({ type: 'failed', error }))
      session.current = current
      current.claim(pin).then(
        (machine) => dispatch({ type: 'claimed', claim: machine.claim }),
        (error: unknown) => current.fail(error),
      )
    }
    return {
      enterPin(pin) {
        dispatch({ type: 'pin-entered' })
        begin(pin)
      },
      confirm() {
        dispatch({ type: 'confirmed' })
        run(async (machine) => dispatch({ type: 'connected', phrase: (await machine.connect()).phrase }))
      },
      propose(choice, proposal) {
        dispatch({ type: 'proposed', choice })
        run(async (machine) => dispatch({ type: 'answered', answer: await machine.propose(proposal) }))
      },
      withdraw() {
        run(async (machine) => {
          await machine.withdraw()
          dispatch({ type: 'withdrawn' })
        })
      },
      approve() {
        dispatch({ type: 'approved' })
        run(async (machine) => {
          const result = await machine.approve((step) => dispatch({ type: 'progressed', step }))
          dispatch({ type: 'finished', result })
        })
      },
      restart() {
        session.current?.stop()
        session.current = null
        dispatch({ type: 'restarted' })
      },
    }
  }, [])

  return [state, actions]
}

interface PairingSession {
  machine: ClaimedMachine | undefined
  claim(pin: string): Promise<ClaimedMachine>
  fail(error: unknown): void
  stop(): void
}

function createSession(onFailure: (error: unknown) => void): PairingSession {
  const abort = new AbortController()
  const { signal } = abort
  const current: PairingSession = {
    machine: undefined,
    async claim(pin) {
      const machine = await claimMachine({
        api,
        pin: parsePin(pin),
        random: browserRandom,
        clock: browserClock,
        signal,
      })
      current.machine = machine
      if (signal.aborted) await machine.close()
      signal.throwIfAborted()
      return machine
    },
    fail(error) {
      if (signal.aborted) return
      current.stop()
      onFailure(error)
    },
    stop() {
      if (signal.aborted) return
      abort.abort(new DOMException('The pairing was given up', 'AbortError'))
      void current.machine?.close()
    },
  }
  return current
}

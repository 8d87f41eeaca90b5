import { timeoutSignal } from '@muster/runtime/clock.ts'
import type { DoctorCheck } from './doctor-check.ts'

const TIMEOUT_MS = 10_000
/** Clocks further apart than this are told. */
const LARGE_SKEW_MS = 5 * 60_000

/** Whether the coordinator answers, and whether its clock agrees. */
export const coordinatorCheck: DoctorCheck = {
  name: 'coordinator',
  async run({ coordinatorUrl, clock, signal }) {
    if (coordinatorUrl === undefined) {
      return {
        status: 'ok',
        message: 'none is configured',
        hint: 'Name one in /etc/muster/agent.conf to pair this machine.',
      }
    }
    const deadline = timeoutSignal(clock, TIMEOUT_MS, signal)
    try {
      const answer = await fetch(`${coordinatorUrl}/livez`, { signal: deadline.signal, redirect: 'error' })
      await answer.body?.cancel()
      const skew = Math.abs(Date.parse(answer.headers.get('date') ?? '') - clock.now())
      if (!answer.ok) {
        const hint = 'Look at the coordinator: it answers, but it is not well.'
        return { status: 'warn', message: `${coordinatorUrl} answers ${answer.status}`, hint }
      }
      if (skew > LARGE_SKEW_MS) {
        const message = `${coordinatorUrl} answers; its clock is ${Math.round(skew / 1000)} s away`
        return { status: 'warn', message, hint: 'Set the clock of this machine.' }
      }
      return { status: 'ok', message: `${coordinatorUrl} answers` }
    } catch (error) {
      const why = reasonOf(error)
      const hint = 'Check the address, the name server, the firewall and the clock.'
      return { status: 'fail', message: `${coordinatorUrl} cannot be reached (${why})`, hint }
    } finally {
      deadline.cancel()
    }
  },
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return error instanceof Error ? error.name : 'unknown error'
}

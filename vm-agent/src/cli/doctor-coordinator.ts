import type { FetchAnswer } from '@muster/contexts/api/requester.ts'
import { printable } from '@muster/contexts/userdata/printable.ts'
import { timeoutSignal } from '@muster/runtime/clock.ts'
import { createFetch } from '../http/create-fetch.ts'
import type { DoctorCheck, DoctorResult } from './doctor-check.ts'

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
      return judge(coordinatorUrl, await askWhetherAlive(coordinatorUrl, deadline.signal), clock.now())
    } catch (error) {
      const why = reasonOf(error)
      const hint = 'Check the address, the name server, the firewall and the clock.'
      return { status: 'fail', message: `${coordinatorUrl} cannot be reached (${why})`, hint }
    } finally {
      deadline.cancel()
    }
  },
}

async function askWhetherAlive(coordinatorUrl: string, signal: AbortSignal): Promise<FetchAnswer> {
  const how = { method: 'GET', headers: {}, redirect: 'manual', credentials: 'same-origin' } as const
  const answer = await createFetch()(`${coordinatorUrl}/livez`, { ...how, signal })
  await answer.body?.cancel()
  return answer
}

function judge(coordinatorUrl: string, { ok, status, headers }: FetchAnswer, now: number): DoctorResult {
  if (status >= 300 && status < 400) {
    const target = printable(headers.get('location') ?? 'another address')
    const hint = 'Name the final address of the coordinator.'
    return { status: 'fail', message: `${coordinatorUrl} leads elsewhere: ${target}`, hint }
  }
  if (!ok) {
    const hint = 'Look at the coordinator: it answers, but it is not well.'
    return { status: 'warn', message: `${coordinatorUrl} answers ${status}`, hint }
  }
  const skew = Math.abs(Date.parse(headers.get('date') ?? '') - now)
  if (skew > LARGE_SKEW_MS) {
    const message = `${coordinatorUrl} answers; its clock is ${Math.round(skew / 1000)} s away`
    return { status: 'warn', message, hint: 'Set the clock of this machine.' }
  }
  return { status: 'ok', message: `${coordinatorUrl} answers` }
}

/** Of several addresses that were tried, the first says why. */
function reasonOf(error: unknown): string {
  const cause = error instanceof AggregateError ? error.errors[0] : error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return error instanceof Error ? error.name : 'unknown error'
}

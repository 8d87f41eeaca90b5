import type { Clock } from '@muster/runtime/clock.ts'
import type { Endpoint } from '../directory/endpoint.ts'

/** How one thing stands: `ok`, `warn` (something will not work), `fail` (the agent will not work). */
export interface DoctorResult {
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
}

/** What checks look at. */
export interface DoctorSubject {
  readonly root: string
  readonly stateDirectory: string
  /** Address of the coordinator, if one is configured. */
  readonly coordinatorUrl: string | undefined
  /** Where the agent answers DNS, if it does. */
  readonly dnsListen: Endpoint | undefined
  readonly clock: Clock
  /** Search path for tools. */
  readonly path: string
  readonly signal: AbortSignal
}

/** One thing that must be right for the agent to work. Reads only, and never throws for what it finds. */
export interface DoctorCheck {
  readonly name: string
  run(subject: DoctorSubject): Promise<DoctorResult>
}

import { ApiError } from '@muster/contexts/api/api-error.ts'
import type { ApiClient } from '@muster/contexts/api/client.ts'
import type { Secret } from '@muster/contexts/secret.ts'
import { MACHINE_REPORT_INTERVAL_MS, type MachineStatus } from '@muster/contexts/wire/machines.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { backoffMs } from '@muster/runtime/retry.ts'
import type { Service } from '@muster/runtime/service.ts'
import { callFailureOf } from '../pairing/call-failure.ts'
import type { CallFailure } from '../pairing/events.ts'

/** What the machine reports now, and as whom. */
export interface Report {
  readonly token: Secret
  readonly status: MachineStatus
}

/** What the reports stand on, and whom they tell. */
export interface ReportDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Without a token. */
  readonly api: ApiClient
  /** Undefined while the machine is not paired. */
  readonly report: () => Report | undefined
  /** Resolves when something may have changed. */
  readonly changed: (signal: AbortSignal) => Promise<void>
  readonly onReported: (failure: CallFailure | undefined) => void
  /** The coordinator does not know the machine any more. */
  readonly onForgotten: () => void
}

/** Between two reports at least, so that the steps of an apply do not each become a request. */
const SHORTEST_GAP_MS = 500
const RETRY = { baseMs: 1_000, maxMs: MACHINE_REPORT_INTERVAL_MS } as const
/** How long a last report may take when the agent stops. */
const LAST_REPORT_MS = 1_000

/**
 * Tells the coordinator how the machine is: at once when that changes, and every 30 seconds, so that its owner can
 * tell a silent machine from a quiet one.
 */
export function createReportService(deps: ReportDeps): Service {
  const { clock } = deps
  let reported = ''
  let reportedAt = Number.NEGATIVE_INFINITY
  let failures = 0
  let token: Secret | undefined

  async function send(report: Report, signal: AbortSignal): Promise<void> {
    const text = JSON.stringify(report.status)
    if (token?.equals(report.token) !== true) failures = 0
    token = report.token
    try {
      await deps.api.withToken(report.token).machines.report(report.status, { signal })
      if (failures > 0) deps.log.info({}, 'the coordinator gets reports again')
      failures = 0
      reported = text
      deps.onReported(undefined)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ApiError)) throw error
      failed(callFailureOf(error, deps.random), error)
    }
    reportedAt = clock.monotonic()
  }

  function failed(failure: CallFailure, error: ApiError): void {
    if (failures === 0)
      deps.log.warn({ code: error.code, status: error.status }, 'a report did not reach the coordinator')
    failures += 1
    if (failure.kind === 'gone') {
      deps.log.error({ status: error.status }, 'the owner has removed this machine; its context stays as it is')
      deps.onForgotten()
    }
    deps.onReported(failure)
  }

  /** Time until the next report is due, 0 for now; infinite while there is nobody to report for. */
  function dueInMs(report: Report | undefined): number {
    if (report === undefined) return Number.POSITIVE_INFINITY
    if (token?.equals(report.token) !== true) return 0
    const since = clock.monotonic() - reportedAt
    if (failures > 0) return Math.max(0, backoffMs(failures - 1, RETRY, deps.random) - since)
    const isNews = JSON.stringify(report.status) !== reported
    return Math.max(0, (isNews ? SHORTEST_GAP_MS : MACHINE_REPORT_INTERVAL_MS) - since)
  }

  async function turn(signal: AbortSignal): Promise<void> {
    const report = deps.report()
    const waitMs = dueInMs(report)
    if (report !== undefined && waitMs === 0) return send(report, signal)
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    const waits = [deps.changed(either)]
    if (Number.isFinite(waitMs)) waits.push(clock.sleep(waitMs, either))
    await Promise.race(waits).finally(() => over.abort())
    await Promise.allSettled(waits)
  }

  return {
    name: 'reports',
    async run({ signal, ready }) {
      ready()
      while (!signal.aborted) {
        try {
          await turn(signal)
        } catch (error) {
          if (!signal.aborted) throw error
        }
      }
      const last = deps.report()
      if (last === undefined || failures > 0 || dueInMs(last) > SHORTEST_GAP_MS) return
      await send(last, AbortSignal.timeout(LAST_REPORT_MS)).catch((error: unknown) => {
        deps.log.debug({ error }, 'the last report did not get through')
      })
    },
  }
}

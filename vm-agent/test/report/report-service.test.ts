import { createApiClient } from '@muster/contexts/api/client.ts'
import { Secret } from '@muster/contexts/secret.ts'
import type { MachineStatus } from '@muster/contexts/wire/machines.ts'
import { createLog } from '@muster/runtime/log.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { createBell } from '@muster/vm-agent/pairing/bell.ts'
import type { CallFailure } from '@muster/vm-agent/pairing/events.ts'
import { createReportService, type Report } from '@muster/vm-agent/report/report-service.ts'
import { expect, test } from 'vitest'

const status: MachineStatus = { state: 'paired', hostname: 'vm', addresses: [], agentVersion: '0.1.0' }

function problem(code: number): Response {
  const body = { type: 'x', title: 'no', status: code, detail: 'no', code: 'no', requestId: 'req_1' }
  return new Response(JSON.stringify(body), { status: code })
}

/** A machine that reports to a coordinator which answers as told. */
function createReporter() {
  const clock = createVirtualClock()
  const random = createSeededRandom(1)
  const bell = createBell()
  const sent: { readonly at: number; readonly status: MachineStatus; readonly token: string | null }[] = []
  const log: string[] = []
  const outcomes: (CallFailure | undefined)[] = []
  const state = {
    report: undefined as Report | undefined,
    answer: () => new Response(null, { status: 204 }),
    forgotten: 0,
  }
  const stop = new AbortController()
  const fetch = async (_: string, init: RequestInit) => {
    const token = new Headers(init.headers).get('authorization')
    sent.push({ at: clock.monotonic(), status: JSON.parse(String(init.body)), token })
    return state.answer()
  }
  const service = createReportService({
    clock,
    random,
    log: createLog({ level: 'debug', format: 'json', destination: { write: (line) => void log.push(line) } }),
    api: createApiClient({ baseUrl: 'http://muster', fetch, random }),
    report: () => state.report,
    changed: (signal) => bell.rung(signal),
    onReported: (failure) => outcomes.push(failure),
    onForgotten: () => {
      state.forgotten += 1
    },
  })
  const run = service.run({ signal: stop.signal, ready: () => undefined })
  const set = async (change: Partial<typeof state>) => {
    Object.assign(state, change)
    bell.ring()
    await clock.advance(0)
  }
  const end = async () => {
    stop.abort()
    await run
  }
  return { clock, sent, log, outcomes, state, set, end }
}

const report: Report = { token: new Secret('msm_1'), status }

test('an unpaired machine reports nothing', async () => {
  const { clock, sent, end } = createReporter()
  await clock.advance(120_000)
  expect(sent).toEqual([])
  await end()
})

test('a paired machine reports at once and then each 30 seconds', async () => {
  const { clock, sent, set, end } = createReporter()
  await set({ report })
  await clock.advance(90_000)
  expect(sent.map(({ at }) => at)).toEqual([0, 30_000, 60_000, 90_000])
  expect(sent[0]).toMatchObject({ token: 'Bearer msm_1', status })
  await end()
})

test('changes are reported soon, but not each of many', async () => {
  const { clock, sent, set, end } = createReporter()
  await set({ report })
  await clock.advance(10_000)
  for (let done = 0; done < 100; done++) {
    await set({ report: { ...report, status: { ...status, state: 'applying', progress: { done, total: 100 } } } })
    await clock.advance(20)
  }
  await clock.advance(500)
  expect(sent.length).toBeLessThanOrEqual(7)
  expect(sent.at(-1)?.status.progress).toEqual({ done: 99, total: 100 })
  await end()
})

test('a coordinator that fails is asked again, later each time, and the log says so once', async () => {
  const { clock, sent, log, outcomes, set, end } = createReporter()
  await set({ report, answer: () => problem(503) })
  await clock.advance(20_000)
  const failures = sent.length
  expect(failures).toBeGreaterThan(2)
  expect(failures).toBeLessThan(8)
  expect(outcomes.at(-1)).toMatchObject({ kind: 'trouble', trouble: { cause: 'server' } })
  await set({ answer: () => new Response(null, { status: 204 }) })
  await clock.advance(30_000)
  expect(outcomes.at(-1)).toBeUndefined()
  expect(log).toHaveLength(2)
  await end()
})

test('a machine that was removed tells so', async () => {
  const { state, log, set, end } = createReporter()
  await set({ report, answer: () => problem(401) })
  expect(state.forgotten).toBe(1)
  expect(log.join('')).not.toContain('msm_1')
  await end()
})

test('a machine of another owner reports at once with its new token', async () => {
  const { clock, sent, set, end } = createReporter()
  await set({ report, answer: () => problem(503) })
  await clock.advance(100)
  await set({ report: { ...report, token: new Secret('msm_2') }, answer: () => new Response(null, { status: 204 }) })
  expect(sent.at(-1)).toMatchObject({ token: 'Bearer msm_2', at: 100 })
  await end()
})

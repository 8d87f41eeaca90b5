import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import type { Endpoint } from '@muster/vm-agent/directory/endpoint.ts'
import { createMetricsService } from '@muster/vm-agent/directory/metrics-service.ts'
import { expect, test } from 'vitest'

test('metrics are given as they are at the moment, at one address and to readers only', async () => {
  const stopper = new AbortController()
  const listening = Promise.withResolvers<Endpoint>()
  let looks = 0
  const run = createMetricsService({
    listen: { host: '127.0.0.1', port: 0 },
    render: () => `muster_mesh_looks_total ${++looks}\n`,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    onListening: listening.resolve,
  }).run({ signal: stopper.signal, ready: () => undefined })
  const { host, port } = await listening.promise
  const get = (path: string, init?: RequestInit) => fetch(`http://${host}:${port}${path}`, init)
  const first = await get('/metrics')
  expect(first.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(await first.text()).toBe('muster_mesh_looks_total 1\n')
  expect(await (await get('/metrics')).text()).toBe('muster_mesh_looks_total 2\n')
  expect((await get('/')).status).toBe(404)
  expect((await get('/metrics', { method: 'POST', body: 'x' })).status).toBe(405)
  stopper.abort()
  await run
})

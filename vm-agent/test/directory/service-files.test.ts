import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PeerId } from '@muster/mesh/admission/membership.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { createServiceFiles } from '@muster/vm-agent/directory/service-files.ts'
import { decodeServicesDocument } from '@muster/vm-agent/directory/services-document.ts'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../apply/tree-fixture.ts'
import { createCluster } from './cluster.ts'

const [ANN, BOB] = ['ann', 'bob'] as readonly string[] as readonly [PeerId, PeerId]
const HTTP = { name: 'http', port: 3128 }

function place(runtimeDirectory = join(temporaryDirectory(), 'run/muster')) {
  const clock = createVirtualClock()
  const cluster = createCluster(clock)
  const stopper = new AbortController()
  const warnings: string[] = []
  const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) }
  const service = createServiceFiles({ mesh: cluster.mesh, runtimeDirectory, clock, log })
  const run = service.run({ signal: stopper.signal, ready: () => undefined }).catch((error: unknown) => {
    if (error !== stopper.signal.reason) throw error
  })
  return {
    ...cluster,
    clock,
    warnings,
    runtimeDirectory,
    json: () => decodeServicesDocument(readFileSync(join(runtimeDirectory, 'services.json'), 'utf8')),
    env: () => readFileSync(join(runtimeDirectory, 'services.env'), 'utf8'),
    inode: (file: string) => statSync(join(runtimeDirectory, file)).ino,
    settle: () => clock.advance(1_000),
    async stop() {
      stopper.abort(new DOMException('stop', 'AbortError'))
      await run
    },
  }
}

test('the files follow the directory: all answers as JSON, the best one of each service as environment', async () => {
  const { state, see, settle, stop, json, env, runtimeDirectory } = place()
  await settle()
  expect(json()).toMatchObject({ cluster: 'analysis', generation: 1, isStale: false, services: [] })
  state(ANN, 'squid', { address: '10.0.0.1', ports: [HTTP] })
  state(BOB, 'squid', { address: '10.1.0.2', cloud: 'south', ports: [HTTP] })
  await settle()
  expect(json()?.services).toMatchObject([{ service: 'squid', answers: [{ owner: ANN }, { owner: BOB }] }])
  expect(env()).toContain('MUSTER_SERVICE_SQUID_ADDRESS=10.0.0.1\nMUSTER_SERVICE_SQUID_HTTP=10.0.0.1:3128\n')
  see(ANN, 'gone')
  await settle()
  expect(json()).toMatchObject({ generation: 3, services: [{ answers: [{ owner: BOB }, { owner: ANN }] }] })
  expect(env()).toContain('MUSTER_SERVICE_SQUID_HTTP=10.1.0.2:3128\n')
  await stop()
  expect(readdirSync(runtimeDirectory).sort()).toEqual(['services.env', 'services.json'])
  for (const file of readdirSync(runtimeDirectory))
    expect(statSync(join(runtimeDirectory, file)).mode & 0o777, file).toBe(0o644)
})

test('a file is replaced only when its own content changes, and never by what only time changes', async () => {
  const { state, settle, stop, inode, json } = place()
  state(ANN, 'squid', { address: '10.0.0.1' })
  await settle()
  const [before, jsonBefore, envBefore] = [json(), inode('services.json'), inode('services.env')]
  for (let beat = 0; beat < 5; beat += 1) {
    state(ANN, 'squid', { address: '10.0.0.1', probedAt: beat })
    await settle()
  }
  expect([inode('services.json'), inode('services.env')]).toEqual([jsonBefore, envBefore])
  state(BOB, 'squid', { address: '10.1.0.2', cloud: 'south' })
  await settle()
  expect(inode('services.env'), 'the best instance is the same').toBe(envBefore)
  expect(json()?.generation).toBe((before?.generation ?? 0) + 1)
  const [first, second] = json()?.services[0]?.answers ?? []
  expect(first?.changedAt, 'since when each answer is as it is').toBe(before?.services[0]?.answers[0]?.changedAt)
  expect(second?.changedAt).not.toBe(first?.changedAt)
  await stop()
})

test('many changes at once become one', async () => {
  const { state, settle, stop, json } = place()
  await settle()
  for (let index = 0; index < 40; index += 1) state(ANN, `service-${index}`, {})
  await settle()
  expect(json()?.services).toHaveLength(40)
  expect(json()?.generation).toBeLessThanOrEqual(3)
  await stop()
})

test('an agent that stops or loses its cluster says that the file is stale, and keeps what it knew', async () => {
  const { state, see, setPhase, settle, stop, json, env } = place()
  state(ANN, 'squid', { address: '10.0.0.1' })
  await settle()
  const environment = env()
  setPhase({ phase: 'lapsed', trouble: 'nobody renews' })
  await settle()
  expect(json()).toMatchObject({ isStale: true, services: [{ service: 'squid' }] })
  setPhase({ phase: 'member' })
  await settle()
  expect(json()).toMatchObject({ isStale: false })
  setPhase({ phase: 'left' })
  see(ANN, undefined)
  await settle()
  await stop()
  expect(json()).toMatchObject({ isStale: true, services: [{ service: 'squid', answers: [{ owner: ANN }] }] })
  expect(env()).toBe(environment)
})

test('an agent that starts leaves what an earlier one knew until it knows better, and goes on counting', async () => {
  const first = place()
  first.state(ANN, 'squid', { address: '10.0.0.1' })
  await first.settle()
  await first.stop()
  const generation = first.json()?.generation ?? 0
  const second = place(first.runtimeDirectory)
  await second.settle()
  expect(second.json()).toMatchObject({ isStale: true, services: [{ service: 'squid' }] })
  expect(second.env()).toContain('10.0.0.1')
  second.state(BOB, 'squid', { address: '10.0.0.2' })
  await second.settle()
  expect(second.json()).toMatchObject({ isStale: false, services: [{ answers: [{ owner: BOB }] }] })
  expect(second.json()?.generation).toBeGreaterThan(generation)
  second.see(BOB, 'left')
  await second.settle()
  expect(second.json()).toMatchObject({ isStale: false, services: [{ service: 'squid', answers: [] }] })
  expect(second.env()).not.toContain('10.0.0')
  await second.stop()
})

test('an agent that was killed is found stale as well, and what is no file of ours is replaced', async () => {
  const directory = temporaryDirectory()
  const killed = { version: 1, cluster: 'analysis', generation: 41, isStale: false, isCut: false }
  const services = [{ service: 'squid', answers: [] }]
  const changedAt = '2026-01-01T00:00:00.000Z'
  writeFileSync(join(directory, 'services.json'), JSON.stringify({ ...killed, changedAt, services }))
  const agent = place(directory)
  await agent.settle()
  expect(agent.json()).toMatchObject({ isStale: true, generation: 42, services })
  await agent.stop()
  writeFileSync(join(directory, 'services.json'), '{"services":')
  const next = place(directory)
  await next.settle()
  expect(next.json()).toMatchObject({ isStale: false, generation: 1, services: [] })
  await next.stop()
})

test('a directory that cannot be written is told once, and tried again', async () => {
  const top = temporaryDirectory()
  const runtimeDirectory = join(top, 'muster')
  writeFileSync(runtimeDirectory, 'in the way')
  const agent = place(runtimeDirectory)
  await agent.clock.advance(60_000)
  expect(agent.warnings).toEqual([`${runtimeDirectory} cannot be written`])
  rmSync(runtimeDirectory)
  mkdirSync(runtimeDirectory)
  await agent.clock.advance(60_000)
  expect(agent.json()).toMatchObject({ isStale: false })
  await agent.stop()
})

import { once } from 'node:events'
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { PeerId } from '@muster/mesh/admission/membership.ts'
import { type Clock, systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { askAgent } from '@muster/vm-agent/directory/ask-agent.ts'
import type { ControlRequest } from '@muster/vm-agent/directory/control-messages.ts'
import { createControlService } from '@muster/vm-agent/directory/control-service.ts'
import { connectToControlSocket } from '@muster/vm-agent/directory/control-socket.ts'
import { afterEach, expect, test, vi } from 'vitest'
import { temporaryDirectory } from '../apply/tree-fixture.ts'
import { createCluster } from './cluster.ts'

const [ANN, BOB] = ['ann', 'bob'] as readonly string[] as readonly [PeerId, PeerId]
const never = new AbortController().signal
const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function start(runtimeDirectory = join(temporaryDirectory(), 'run/muster'), clock: Clock = systemClock) {
  const cluster = createCluster(clock)
  const stopper = new AbortController()
  const isReady = Promise.withResolvers<void>()
  const parts = { mesh: cluster.mesh, runtimeDirectory, clock, random: systemRandom, log: silentLog }
  const run = createControlService(parts)
    .run({ signal: stopper.signal, ready: isReady.resolve })
    .catch((error: unknown) => {
      if (error !== stopper.signal.reason) throw error
    })
  const stop = async () => {
    stopper.abort(new DOMException('stop', 'AbortError'))
    await run
  }
  stops.push(stop)
  await isReady.promise
  return { ...cluster, stop, runtimeDirectory, place: { runtimeDirectory, stateDirectory: temporaryDirectory() } }
}

const SERVICES = { v: 1, ask: 'services', follow: 'no' } as const satisfies ControlRequest

test('the agent tells its services, best first, with ages', async () => {
  const { state, place } = await start()
  state(ANN, 'squid', { address: '10.0.0.1', ports: [{ name: 'http', port: 3128 }] })
  state(BOB, 'squid', { address: '10.1.0.2', cloud: 'south' })
  state(BOB, 'head', { address: '10.1.0.2' })
  const all = await Array.fromAsync(askAgent(place, SERVICES, never))
  expect(all).toMatchObject([
    {
      type: 'services',
      cluster: 'analysis',
      standing: { phase: 'member' },
      services: [
        { service: 'head' },
        { service: 'squid', answers: [{ owner: ANN, isDemoted: false }, { owner: BOB }] },
      ],
    },
  ])
  expect(all[0]?.services[1]?.answers[0]?.ageSeconds).toBeGreaterThanOrEqual(0)
  const [one] = await Array.fromAsync(askAgent(place, { ...SERVICES, service: 'nobody' }, never))
  expect(one?.services).toEqual([{ service: 'nobody', answers: [] }])
})

test('a follower is told when something changes, and not when only ages do', async () => {
  const { state, see, place, stop } = await start()
  state(ANN, 'squid', { address: '10.0.0.1' })
  const follower = askAgent(place, { ...SERVICES, service: 'squid', follow: 'changes' }, never)
  expect((await follower.next()).value?.services[0]?.answers).toMatchObject([{ status: 'alive' }])
  state(ANN, 'squid', { address: '10.0.0.1' })
  state(BOB, 'other', {})
  see(ANN, 'suspect')
  expect((await follower.next()).value?.services[0]?.answers).toMatchObject([{ status: 'suspect' }])
  await stop()
  await expect(follower.next()).rejects.toMatchObject({ code: 'no-agent' })
})

test('a follower that wants ages is told them without a change', async () => {
  const clock = createVirtualClock()
  const { state, place } = await start(undefined, clock)
  state(ANN, 'squid', {})
  const follower = askAgent(place, { ...SERVICES, follow: 'ages' }, never)
  expect((await follower.next()).value?.services[0]?.answers[0]?.ageSeconds).toBe(0)
  const next = follower.next()
  await clock.advance(6_000)
  expect((await next).value?.services[0]?.answers[0]?.ageSeconds).toBe(5.2)
  await follower.return()
})

test('the trace tells what was, then what comes', async () => {
  const { happen, place } = await start()
  happen({ at: 0, event: 'joined', text: 'this machine is a member' })
  const follower = askAgent(place, { v: 1, ask: 'trace', follow: 'changes' }, never)
  const entries = (await follower.next()).value?.entries
  expect(entries).toEqual([{ at: '1970-01-01T00:00:00.000Z', event: 'joined', text: 'this machine is a member' }])
  happen({ at: 1, event: 'suspect', peer: ANN, text: 'ann is silent' })
  expect((await follower.next()).value?.entries).toMatchObject([{ event: 'suspect', peer: ANN }])
  await follower.return()
})

test('a client that goes leaves nothing behind', async () => {
  const cluster = await start()
  const gone = new AbortController()
  const follower = askAgent(cluster.place, { ...SERVICES, follow: 'changes' }, gone.signal)
  await follower.next()
  expect(cluster.listening()).toBe(1)
  gone.abort(new DOMException('enough', 'AbortError'))
  await expect(follower.next()).rejects.toBe(gone.signal.reason)
  await vi.waitFor(() => expect(cluster.listening()).toBe(0))
})

test('a client that asks and says that nothing more comes is answered all the same', async () => {
  const { runtimeDirectory } = await start()
  const socket = await connectToControlSocket(runtimeDirectory, never)
  socket.end(`${JSON.stringify(SERVICES)}\n`)
  expect(JSON.parse(await textOf(socket))).toMatchObject({ type: 'services' })
})

test("the socket is the owner's alone, also below a root with a long path, and goes with the agent", async () => {
  const runtimeDirectory = join(temporaryDirectory(), 'a-long-name-of-a-directory'.repeat(8), 'run/muster')
  const { place, stop } = await start(runtimeDirectory)
  expect(lstatSync(join(runtimeDirectory, 'agent.sock')).mode & 0o777).toBe(0o600)
  expect(lstatSync(runtimeDirectory).mode & 0o777).toBe(0o755)
  expect(await Array.fromAsync(askAgent(place, SERVICES, never))).toHaveLength(1)
  await stop()
  expect(readdirSync(runtimeDirectory)).toEqual([])
})

test("a socket that a killed agent has left is replaced, and its successor's is not removed", async () => {
  const runtimeDirectory = join(temporaryDirectory(), 'muster')
  mkdirSync(runtimeDirectory)
  writeFileSync(join(runtimeDirectory, 'agent.sock'), '')
  const first = await start(runtimeDirectory)
  expect(await Array.fromAsync(askAgent(first.place, SERVICES, never))).toHaveLength(1)
  const second = await start(runtimeDirectory)
  await first.stop()
  expect(await Array.fromAsync(askAgent(second.place, SERVICES, never))).toHaveLength(1)
})

test.each([
  ['rubble', 'GET / HTTP/1.1\r\n\r\n'],
  ['an unknown version', '{"v":2,"ask":"services","follow":"no"}\n'],
  ['an endless line', 'x'.repeat(10_000)],
  ['a name that is too long', `${JSON.stringify({ ...SERVICES, service: 'x'.repeat(100) })}\n`],
])('%s is refused, and the next client answered', async (_, text) => {
  const { runtimeDirectory, place } = await start()
  const socket = await connectToControlSocket(runtimeDirectory, never)
  socket.write(text)
  expect(JSON.parse(await textOf(socket))).toMatchObject({ type: 'refused', code: 'malformed' })
  expect(await Array.fromAsync(askAgent(place, SERVICES, never))).toHaveLength(1)
})

test('clients above the limit are told to come again', async () => {
  const { runtimeDirectory, place } = await start()
  const idle: Socket[] = []
  for (let index = 0; index < 64; index += 1) idle.push(await connectToControlSocket(runtimeDirectory, never))
  await expect(Array.fromAsync(askAgent(place, SERVICES, never))).rejects.toMatchObject({ code: 'busy' })
  for (const socket of idle) socket.destroy()
})

test('a client that does not read is let go', async () => {
  const clock = createVirtualClock()
  const { state, runtimeDirectory } = await start(undefined, clock)
  const text = 'x'.repeat(63)
  for (let index = 0; index < 1000; index += 1) {
    state(`m${index}`, `service-${index % 50}`, {
      address: text,
      ports: [1, 2, 3, 4, 5, 6, 7, 8].map((port) => ({ name: text, port })),
    })
  }
  const lazy = await connectToControlSocket(runtimeDirectory, never)
  lazy.write(`${JSON.stringify(SERVICES)}\n`)
  await once(lazy, 'readable')
  await clock.advance(60_000)
  const received = await textOf(lazy).catch(() => 'the connection is cut')
  expect(received).not.toMatch(/\n$/)
})

test('what is no agent of ours is not believed', async () => {
  const runtimeDirectory = temporaryDirectory()
  const answers = ['{"v":1,"type":"services"}\n', '{"v":1,"type":"trace","cluster":"x","entries":[]}\n', 'half a line']
  const server = createServer((socket) => void socket.end(answers.shift() ?? ''))
  server.listen(join(runtimeDirectory, 'agent.sock'))
  await once(server, 'listening')
  stops.push(async () => void server.close())
  const place = { runtimeDirectory, stateDirectory: runtimeDirectory }
  for (let turn = 0; turn < 3; turn += 1) {
    await expect(Array.fromAsync(askAgent(place, SERVICES, never))).rejects.toMatchObject({ code: 'not-understood' })
  }
})

test('without an agent the next step is told', async () => {
  const place = { runtimeDirectory: join(temporaryDirectory(), 'none'), stateDirectory: temporaryDirectory() }
  await expect(Array.fromAsync(askAgent(place, SERVICES, never))).rejects.toMatchObject({
    code: 'no-agent',
    hint: expect.stringContaining('systemctl start muster-agent'),
  })
})

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  for await (const bytes of socket) text += String(bytes)
  return text
}

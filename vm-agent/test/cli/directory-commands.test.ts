import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import type { MemberView } from '@muster/mesh/node/mesh.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { runServices } from '@muster/runtime/service.ts'
import { createDirectoryServices } from '@muster/vm-agent/directory/directory-services.ts'
import { takeRunLock } from '@muster/vm-agent/service/run-lock.ts'
import { afterEach, expect, test, vi } from 'vitest'
import { isRoot, temporaryDirectory } from '../apply/tree-fixture.ts'
import { createCluster } from '../directory/cluster.ts'
import { runAgent } from './agent-process.ts'

const HOUR_MS = 3_600_000
const ends: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function start() {
  const root = temporaryDirectory()
  const cluster = createCluster(systemClock)
  const stopper = new AbortController()
  const runtimeDirectory = join(root, 'run/muster')
  const parts = { mesh: cluster.mesh, clock: systemClock, random: systemRandom, log: silentLog, runtimeDirectory }
  const none = { dnsListen: undefined, metricsListen: undefined, renderMetrics: () => '' }
  const options = { signal: stopper.signal, stopTimeoutMs: 5_000, clock: systemClock, log: silentLog }
  const isReady = Promise.withResolvers<void>()
  const last = {
    name: 'last',
    async run({ signal, ready }: { readonly signal: AbortSignal; ready(): void }) {
      ready()
      isReady.resolve()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  }
  const run = runServices([...createDirectoryServices({ ...parts, ...none }), last], options)
  const stop = async () => {
    stopper.abort()
    await run
  }
  ends.push(stop)
  await isReady.promise
  return { ...cluster, root, stop, ask: (...args: readonly string[]) => runAgent([...args, '--root', root]) }
}

function member(more: Partial<MemberView> & Pick<MemberView, 'peer' | 'role' | 'slot'>): MemberView {
  return {
    isSelf: false,
    status: 'alive',
    heardAgoMs: 3_000,
    connection: undefined,
    address: undefined,
    program: undefined,
    certificateExpiresAt: systemClock.now() + 20 * HOUR_MS,
    ...more,
  }
}

test('services are shown best first, as a table and as JSON; one that nobody provides ends with 1', async () => {
  const { state, ask } = await start()
  expect((await ask('services')).stdout).toBe('No service of cluster analysis is known here yet.\n')
  state('ann', 'squid', { address: '10.0.0.1', ports: [{ name: 'http', port: 3128 }] })
  state('bob', 'squid', { address: '10.1.0.2', cloud: 'south', health: 'failing' })
  const table = await ask('services')
  expect(table.code).toBe(0)
  expect(table.stdout).toMatch(/^SERVICE +ADDRESS +PORTS +HEALTH +STATUS +CLOUD +AGE +MEMBER\n/)
  expect(table.stdout).toMatch(
    /\nsquid +10\.0\.0\.1 +http 3128 +passing +alive +north +\d+ s +ann\n +10\.1\.0\.2 +- +failing/,
  )
  const json = await ask('services', 'squid', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({
    v: 1,
    cluster: 'analysis',
    standing: { phase: 'member' },
    services: [{ service: 'squid', answers: [{ address: '10.0.0.1' }, { address: '10.1.0.2' }] }],
  })
  const none = await ask('services', 'nobody')
  expect(none).toEqual({ code: 1, stdout: '', stderr: 'Nobody provides nobody now.\n' })
})

test('what a member says about itself cannot steer the terminal', async () => {
  const { state, ask } = await start()
  state('ann', 'squid', { address: 'a\u001b[2Jb' })
  const { stdout } = await ask('services')
  expect(stdout).toContain('a\ufffd[2Jb')
  expect(stdout).not.toContain('\u001b')
})

test('members are shown with how they are reached and until when they are admitted', async () => {
  const { setMembers, setPhase, ask } = await start()
  const place = { cloud: 'north', generation: 0 }
  const connection = { peer: 'x', address: '/ip4/10.0.0.9/tcp/4001', direction: 'outbound', openedAt: 0 } as const
  setMembers([
    member({ peer: 'self', role: 'worker', slot: { service: 'worker', slot: 3, ...place }, isSelf: true }),
    member({
      peer: 'head',
      role: 'fixed',
      slot: { service: 'head', slot: 0, ...place },
      status: 'suspect',
      connection: { ...connection, isRelayed: true, rttMs: 48.2 },
    }),
    member({
      peer: 'agent',
      role: 'cloud-agent',
      slot: { service: 'cloud-agent', slot: 0, ...place },
      connection: { ...connection, isRelayed: false, rttMs: 1.24 },
      certificateExpiresAt: Number.MAX_SAFE_INTEGER,
    }),
  ])
  setPhase({ phase: 'lapsed', trouble: 'nobody answers' })
  const { stdout, code } = await ask('members')
  expect(code).toBe(0)
  const [standing, head, ...lines] = stdout.split('\n')
  expect(standing).toBe(
    'The certificate of this machine in cluster analysis has expired; it asks for a new one: nobody answers',
  )
  expect(head).toMatch(/^MEMBER +ROLE +CLOUD +STATUS +CONNECTION/)
  expect(lines[0]).toMatch(/^cloud-agent\/0 +cloud-agent +north +alive +direct 1\.2 ms +- +3 s +- +agent$/)
  expect(lines[1]).toMatch(/^head\/0 +fixed +north +suspect +relayed 48 ms +- +3 s +19 h +head$/)
  expect(lines[2]).toMatch(/^worker\/3 +worker +north +alive +this machine +- +3 s +19 h +self$/)
  expect(lines[3]).toBe('3 in cluster analysis: 2 alive, 1 suspect; connected to 2.')
  const json = JSON.parse((await ask('members', '--json')).stdout)
  expect(json.members[2]).toMatchObject({ peer: 'agent', connection: { isRelayed: false, rttMs: 1.2 } })
  expect(json.members[2]).not.toHaveProperty('certificateExpiresAt')
})

test('the trace is shown oldest first', async () => {
  const { happen, ask } = await start()
  expect((await ask('trace')).stderr).toBe('Nothing has happened in cluster analysis yet.\n')
  happen({ at: 0, event: 'joined', text: 'this machine is a member' })
  happen({ at: 1_000, event: 'gone', peer: 'bob', text: 'two witnesses agree' })
  expect((await ask('trace')).stdout).toBe(
    '1970-01-01T00:00:00.000Z  joined        -          this machine is a member\n' +
      '1970-01-01T00:00:01.000Z  gone          bob        two witnesses agree\n',
  )
  const json = (await ask('trace', '--json')).stdout.trim().split('\n')
  expect(json.map((line) => JSON.parse(line))).toMatchObject([{ event: 'joined' }, { event: 'gone', peer: 'bob' }])
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a watch ends well with %s, and an agent that ends ends it with 69',
  async (signal) => {
    const { state, root, stop, listening } = await start()
    state('ann', 'squid', { address: '10.0.0.1' })
    const before = listening()
    const watching = async () => {
      let pid = 0
      const end = runAgent(['services', '--watch', '--json', '--root', root], {
        onStart(number) {
          pid = number
        },
      })
      await vi.waitFor(() => expect(listening()).toBe(before + 1), { timeout: 30_000 })
      return { pid, end }
    }
    const first = await watching()
    process.kill(first.pid, signal)
    const stopped = await first.end
    expect(stopped).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(stopped.stdout.split('\n')[0] ?? '')).toMatchObject({ services: [{ service: 'squid' }] })
    await vi.waitFor(() => expect(listening()).toBe(before), { timeout: 30_000 })
    const second = await watching()
    await stop()
    expect(await second.end).toMatchObject({ code: 69, stderr: expect.stringContaining('the agent has ended') })
  },
)

test.each(['services', 'members', 'trace'])(
  '%s without an agent, or with one in no cluster, ends with 69',
  async (name) => {
    const root = temporaryDirectory()
    const state = join(root, 'state')
    const none = await runAgent([name, '--root', root, '--state', state, '--json'])
    expect(none.code).toBe(69)
    expect(JSON.parse(none.stderr)).toMatchObject({
      error: { code: 'no-agent', hint: expect.stringContaining('Start it') },
    })
    const lock = await takeRunLock(state, systemClock.now())
    ends.push(() => lock.release())
    const alone = await runAgent([name, '--root', root, '--state', state])
    expect(alone.code).toBe(69)
    expect(alone.stderr).toMatch(/error\[no-cluster\]: the agent \(process \d+\) takes part in no cluster\n {2}next: /)
  },
)

test.runIf(isRoot)('somebody else is told that the agent answers its own user only, with 77', async () => {
  const { root } = await start()
  const by = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']
  chmodSync(root, 0o755)
  const end = await runAgent(['services', '--root', root], { by })
  expect(end.code).toBe(77)
  expect(end.stderr).toContain('error[not-permitted]')
})

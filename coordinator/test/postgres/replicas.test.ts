import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '@muster/runtime/log.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createFollower } from '../../src/service.ts'
import { EVERY_TOPIC, openStore, type Store, type StoreLocation } from '../../src/store/store.ts'
import { createMigratedDatabase, runSql } from '../store/test-database.ts'
import { createCall, createTestApp, PASSWORD, pick, type TestApp } from '../test-app.ts'
import { claimPairing, issuePairing, untilWaiting } from '../test-pairing.ts'

/** Resolves with the first topic that the store's listeners are told and that is wanted. */
function told(store: Store, wanted: (topic: string) => boolean): Promise<string> {
  return new Promise((resolve) => store.onCommit((topic) => wanted(topic) && resolve(topic)))
}

/** A second server on the data of the first, which hears of its changes. */
async function startReplica(first: TestApp): Promise<TestApp> {
  const replica = await createTestApp({ folder: first.folder, clock: first.clock })
  await startFollowing(replica.store)
  return replica
}

/** Lets a store hear of others' changes until the test ends; resolves once it does. */
async function startFollowing(store: Store): Promise<void> {
  if (store.follow === undefined) throw new Error('the store is not one of a server')
  const stop = new AbortController()
  const listens = told(store, (topic) => topic === EVERY_TOPIC)
  const ended = store.follow(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await ended
  })
  await listens
}

/** Ends all connections to a database from its server's side. */
const CUT = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`

describe('several coordinators on one database', () => {
  test('an agent that waits at one hears at once of a claim at another, and the claimant of its answer', async () => {
    const one = await createTestApp()
    const other = await startReplica(one)
    await startFollowing(one.store)
    const alice = await one.signUp('alice')
    const aliceAtOther = createCall(other.app, { cookie: alice.cookie, 'sec-fetch-site': 'same-origin' })
    const agent = await issuePairing(one)
    const agentWaits = agent.call('GET', `${agent.path}/messages?state=waiting&waitMs=25000`)
    await untilWaiting(one)
    const claimId = await claimPairing({ ...alice, call: aliceAtOther }, agent)
    expect(pick(await agentWaits, 'claimant.claimId')).toBe(claimId)
    const claimantWaits = aliceAtOther('GET', `${agent.path}/messages?claim=${claimId}&state=claimed&waitMs=25000`)
    await agent.call('POST', `${agent.path}/messages`, { body: { claimId, body: 'eA' } })
    expect(pick(await claimantWaits, 'messages.0.body')).toBe('eA')
  })

  test('a keyed request that reaches two of them at the same moment is done once', async () => {
    const one = await createTestApp()
    const other = await createTestApp({ folder: one.folder, clock: one.clock })
    const alice = await one.signUp('alice')
    const aliceAtOther = createCall(other.app, { cookie: alice.cookie, 'sec-fetch-site': 'same-origin' })
    const wish = { headers: { 'idempotency-key': 'once' }, body: { name: 'web', format: 'plain', body: '[cernvm]\n' } }
    const made = await Promise.all([alice.call, aliceAtOther].map((call) => call('POST', '/api/v2/contexts', wish)))
    expect(made.map(({ status }) => status)).toEqual([201, 201])
    expect(pick(made[0] ?? fail(), 'id')).toBe(pick(made[1] ?? fail(), 'id'))
  })
})

/** Name of a server's socket in the folder that clients are given. */
const SOCKET = '.s.PGSQL.5432'

/** A way to the server of a database that can be taken away and given back, as if the server were. */
async function createWay(location: StoreLocation) {
  if (location.kind !== 'postgres') throw new Error('the store is not one of a server')
  const url = new URL(location.url.replace('@/', '@socket/'))
  const target = join(url.searchParams.get('host') ?? '', SOCKET)
  const folder = await mkdtemp(join(tmpdir(), 'muster-way-'))
  const open = new Set<Socket>()
  const way = createServer((near) => {
    const far = connect(target)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one.on('error', () => undefined).on('close', () => other.destroy()))
      one.pipe(other)
    }
  })
  const give = async () => {
    way.listen(join(folder, SOCKET))
    await once(way, 'listening')
  }
  const take = async () => {
    const closed = once(way, 'close')
    way.close()
    for (const socket of open) socket.destroy()
    open.clear()
    await closed
  }
  await give()
  onTestFinished(async () => {
    if (way.listening) await take()
    await rm(folder, { recursive: true, force: true })
  })
  const own = `postgres://postgres@${url.pathname}?host=${encodeURIComponent(folder)}`
  return { location: { kind: 'postgres', url: own } as const, give, take }
}

describe('a coordinator whose database server goes away', () => {
  test('answers that it is unavailable while it is away, and serves when it is back', async () => {
    const { location, remove } = await createMigratedDatabase('')
    onTestFinished(remove)
    const way = await createWay(location)
    const { call, signUp } = await createTestApp({ location: way.location })
    await signUp('alice')
    await way.take()
    const signIn = () => call('POST', '/api/v2/sessions', { body: { login: 'alice', password: PASSWORD } })
    // On connections that broke, and when new ones cannot be made.
    expect(await signIn()).toMatchObject({ status: 503, json: { code: 'unavailable' } })
    expect((await call('GET', '/readyz')).status).toBe(503)
    expect(await signIn()).toMatchObject({ status: 503, json: { code: 'unavailable' } })
    expect((await call('GET', '/livez')).status).toBe(200)
    await way.give()
    expect((await call('GET', '/readyz')).status).toBe(200)
    expect((await signIn()).status).toBe(201)
  })

  test('keeps nothing of a transaction that was cut off, and goes on by itself when the server is back', async () => {
    const { location, remove } = await createMigratedDatabase('')
    onTestFinished(remove)
    const store = await openStore(location)
    onTestFinished(() => store.close())
    const inTransaction = Promise.withResolvers<void>()
    const isCut = Promise.withResolvers<void>()
    const writing = store.write(async (tx) => {
      await tx.settings.getOrCreate('a', '1')
      inTransaction.resolve()
      await isCut.promise
      return tx.settings.getOrCreate('b', '1')
    })
    await inTransaction.promise
    await runSql(location, CUT)
    isCut.resolve()
    await expect(writing).rejects.toThrow()
    expect(await store.read.settings.get('a')).toBeUndefined()
    expect(await store.write((tx) => tx.settings.getOrCreate('a', '2'))).toBe('2')
  })

  test('hears of changes again, and takes everything for changed that it may have missed', async () => {
    const test = await createTestApp()
    const { store, clock } = test
    if (store.follow === undefined) throw new Error('the store is not one of a server')
    const stop = new AbortController()
    const first = told(store, (topic) => topic === EVERY_TOPIC)
    const deps = { clock, random: createSeededRandom(1), log: silentLog }
    const ended = createFollower(store.follow, deps).run({ signal: stop.signal, ready: () => undefined })
    await first
    const again = told(store, (topic) => topic === EVERY_TOPIC)
    await runSql(test.location, CUT)
    await untilWaiting(test)
    await clock.advance(5000)
    expect(await again).toBe(EVERY_TOPIC)
    stop.abort()
    await ended
  })

  test('that nobody reaches is named at the start, without the password', async () => {
    const url = 'postgres://muster:very-secret@127.0.0.1:1/muster'
    const failing = openStore({ kind: 'postgres', url })
    await expect(failing).rejects.toMatchObject({ code: 'unusable', message: expect.stringContaining('ECONNREFUSED') })
    await expect(failing).rejects.toMatchObject({ message: expect.not.stringContaining('very-secret') })
    await expect(openStore({ kind: 'postgres', url: 'postgres://[' })).rejects.toMatchObject({ code: 'unusable' })
  })
})

function fail(): never {
  throw new Error('no answer')
}

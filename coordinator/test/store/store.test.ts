import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStore, type Store } from '../../src/store/store.ts'
import { createEmptyDatabase, createMigratedDatabase, runSql, STORE_KIND } from './test-database.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'muster-store-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** One or more stores on the same data, as several processes have them. */
async function open(create = createMigratedDatabase, count = 1): Promise<readonly [Store, ...Store[]]> {
  const { location, remove } = await create(await folder())
  onTestFinished(remove)
  const openOne = async () => {
    const store = await openStore(location)
    onTestFinished(() => store.close())
    return store
  }
  return [await openOne(), ...(await Promise.all(Array.from({ length: count - 1 }, openOne)))]
}

const account = (login: string) => ({ id: `acc_${login}`, login, passwordHash: 'x', createdAt: 1 })
const event = (login: string) => ({
  accountId: `acc_${login}`,
  at: 1,
  type: 'account-created' as const,
  subject: `acc_${login}`,
  actor: `acc_${login}`,
})
/** Of one database in this process: two embedded ones would wait for each other without letting the other go on. */
const PROGRAMS = STORE_KIND === 'postgres' ? 3 : 1
const MIGRATIONS = ['0001-initial', '0002-clusters']

describe('the store', () => {
  test('is migrated once', async () => {
    const [store] = await open(createEmptyDatabase)
    expect((await store.migrations()).pending).toEqual(MIGRATIONS)
    expect(await store.migrate()).toEqual(MIGRATIONS)
    expect(await store.migrate()).toEqual([])
    expect(await store.migrations()).toEqual({ applied: MIGRATIONS, pending: [] })
    expect(await store.integrity()).toEqual([])
    await store.ping()
  })

  test('is migrated once by programs that start at the same moment', async () => {
    const stores = await open(createEmptyDatabase, PROGRAMS)
    const applied = await Promise.all(stores.map((store) => store.migrate()))
    expect(applied.flat()).toEqual(MIGRATIONS)
    expect((await stores[0].migrations()).pending).toEqual([])
  })

  test('of a newer program is refused and left alone', async () => {
    const { location, remove } = await createMigratedDatabase(await folder())
    onTestFinished(remove)
    await runSql(location, `insert into kysely_migration (name, timestamp) values ('9999-later', '2030')`)
    const store = await openStore(location)
    onTestFinished(() => store.close())
    await expect(store.migrate()).rejects.toMatchObject({ code: 'too-new', details: { unknown: ['9999-later'] } })
    await expect(store.migrations()).rejects.toMatchObject({ code: 'too-new' })
  })

  test('writes all of a transaction or nothing, and tells nobody of what was rolled back', async () => {
    const [store] = await open()
    const told: string[] = []
    store.onCommit((topic) => told.push(topic))
    const failing = store.write(async (tx) => {
      await tx.accounts.insert(account('alice'))
      await tx.events.append(event('alice'))
      tx.notify('pairing:x')
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await store.read.accounts.byLogin('alice')).toBeUndefined()
    expect(told).toEqual([])
    await store.write(async (tx) => {
      await tx.accounts.insert(account('alice'))
      await tx.events.append(event('alice'))
    })
    expect(told).toEqual(['acc_alice'])
    expect(await store.read.events.after('acc_alice', 0, 10)).toMatchObject([{ sequence: 1 }])
  })

  test('numbers events of transactions at the same moment without gaps, those of several programs too', async () => {
    const stores = await open(createMigratedDatabase, PROGRAMS)
    const writes = stores.flatMap((store) =>
      Array.from({ length: 20 }, () => store.write((tx) => tx.events.append(event('alice')))),
    )
    expect((await Promise.all(writes)).sort((left, right) => left - right)).toEqual(writes.map((_, index) => index + 1))
  })

  test('lets transactions take turns: what one has read is so until its end, whoever writes meanwhile', async () => {
    const stores = await open(createMigratedDatabase, PROGRAMS)
    const takePlace = (store: Store, number: number) =>
      store.write(async (tx) => {
        const taken = await tx.accounts.count()
        return taken < 5 && (await tx.accounts.insert(account(`a${number}`)))
      })
    const tries = stores.flatMap((store, one) => Array.from({ length: 5 }, (_, two) => takePlace(store, one * 5 + two)))
    expect((await Promise.all(tries)).filter((isTaken) => isTaken)).toHaveLength(5)
    expect(await stores[0].read.accounts.count()).toBe(5)
  })
})

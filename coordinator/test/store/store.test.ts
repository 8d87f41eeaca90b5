import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStore, SQLITE_FILE, type Store } from '../../src/store/store.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'muster-store-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

async function open(path: string): Promise<Store> {
  const store = await openStore({ kind: 'sqlite', folder: path })
  onTestFinished(() => store.close())
  return store
}

const account = (login: string) => ({ id: `acc_${login}`, login, passwordHash: 'x', createdAt: 1 })
const event = (login: string) => ({
  accountId: `acc_${login}`,
  at: 1,
  type: 'account-created' as const,
  subject: `acc_${login}`,
  actor: `acc_${login}`,
})

describe('the store', () => {
  test('is made with files that only their owner can read, and one that was open to others is closed', async () => {
    const path = join(await folder(), 'data')
    const store = await open(path)
    await store.migrate()
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('700')
    for (const name of await readdir(path)) {
      expect([name, ((await stat(join(path, name))).mode & 0o777).toString(8)]).toEqual([name, '600'])
    }
  })

  test('is migrated once', async () => {
    const store = await open(await folder())
    const all = ['0001-initial', '0002-clusters']
    expect((await store.migrations()).pending).toEqual(all)
    expect(await store.migrate()).toEqual(all)
    expect(await store.migrate()).toEqual([])
    expect(await store.migrations()).toEqual({ applied: all, pending: [] })
  })

  test('of a newer program is refused and left alone', async () => {
    const path = await folder()
    const store = await open(path)
    await store.migrate()
    const raw = new SqliteDatabase(join(path, SQLITE_FILE))
    raw.prepare(`insert into kysely_migration (name, timestamp) values ('9999-later', '2030')`).run()
    raw.close()
    await expect(store.migrate()).rejects.toMatchObject({ code: 'too-new', details: { unknown: ['9999-later'] } })
    await expect(store.migrations()).rejects.toMatchObject({ code: 'too-new' })
  })

  test('that cannot be opened says so', async () => {
    const path = await folder()
    await writeFile(join(path, SQLITE_FILE), 'this is no database, it is a letter to the operator'.repeat(100))
    await expect(openStore({ kind: 'sqlite', folder: path })).rejects.toMatchObject({ code: 'unusable' })
    await writeFile(join(path, 'file'), '')
    await expect(openStore({ kind: 'sqlite', folder: join(path, 'file', 'below') })).rejects.toMatchObject({
      code: 'unusable',
    })
    const missing = openStore({ kind: 'sqlite', folder: join(path, 'none') }, { mustExist: true })
    await expect(missing).rejects.toMatchObject({ code: 'unusable' })
    expect(await readdir(path)).not.toContain('none')
  })

  test('writes all of a transaction or nothing, and tells nobody of what was rolled back', async () => {
    const store = await open(await folder())
    await store.migrate()
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

  test('numbers events of transactions at the same moment without gaps', async () => {
    const store = await open(await folder())
    await store.migrate()
    const writes = Array.from({ length: 50 }, () => store.write((tx) => tx.events.append(event('alice'))))
    expect((await Promise.all(writes)).sort((left, right) => left - right)).toEqual(writes.map((_, index) => index + 1))
  })
})

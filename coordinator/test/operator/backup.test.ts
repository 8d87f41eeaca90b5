import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSeededRandom } from '@muster/runtime/random.ts'
import SqliteDatabase from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openKeyFile, readKeyFile } from '../../src/mesh/key-file.ts'
import { backup, keyBeside, restore } from '../../src/operator/backup.ts'
import { SQLITE_FILE } from '../../src/store/store.ts'
import { createTestApp, PASSWORD } from '../test-app.ts'

async function start() {
  const testApp = await createTestApp()
  await testApp.signUp('alice')
  const folder = await mkdtemp(join(tmpdir(), 'muster-backup-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'backup')
  await backup(testApp.store, file, testApp.clock.now())
  return { testApp, folder, file }
}

describe('a backup', () => {
  test('of a store in use is restored into an empty folder and serves', async () => {
    const { testApp, folder, file } = await start()
    await testApp.signUp('bob')
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600')
    const target = join(folder, 'data')
    expect(await restore(file, target)).toMatchObject({
      migrations: ['0001-initial', '0002-clusters'],
      createdAt: '2026-11-22T12:00:00.000Z',
    })
    const again = await createTestApp({ folder: target, clock: testApp.clock })
    const signIn = (login: string) => again.call('POST', '/api/v2/sessions', { body: { login, password: PASSWORD } })
    expect((await signIn('alice')).status).toBe(201)
    expect((await signIn('bob')).status).toBe(401)
  })

  test('overwrites nothing', async () => {
    const { testApp, folder, file } = await start()
    await expect(backup(testApp.store, file, 0)).rejects.toMatchObject({ code: 'not-empty' })
    await restore(file, join(folder, 'data'))
    await expect(restore(file, join(folder, 'data'))).rejects.toMatchObject({ code: 'not-empty' })
  })

  test('that was altered, lost its manifest, or comes from a newer program is refused and leaves nothing', async () => {
    const { folder, file } = await start()
    const target = join(folder, 'data')
    const manifest = await readFile(`${file}.json`, 'utf8')
    await appendFile(file, 'x')
    await expect(restore(file, target)).rejects.toMatchObject({ code: 'damaged' })
    await rm(`${file}.json`)
    await expect(restore(file, target)).rejects.toMatchObject({ code: 'damaged' })
    await writeFile(`${file}.json`, '{}')
    await expect(restore(file, target)).rejects.toMatchObject({ code: 'damaged' })

    const other = join(folder, 'newer')
    const { testApp } = await start()
    const raw = new SqliteDatabase(join(testApp.folder, SQLITE_FILE))
    raw.prepare(`insert into kysely_migration (name, timestamp) values ('9999-later', '2030')`).run()
    await raw.backup(other)
    raw.close()
    const { createHash } = await import('node:crypto')
    const sha256 = createHash('sha256')
      .update(await readFile(other))
      .digest('hex')
    await writeFile(`${other}.json`, JSON.stringify({ ...JSON.parse(manifest), sha256 }))
    await expect(restore(other, target)).rejects.toMatchObject({ code: 'too-new' })
    await expect(stat(join(target, SQLITE_FILE))).rejects.toThrow('ENOENT')
  })

  test('holds the mesh key beside it, and restores it unless it is left out or another one is there', async () => {
    const { testApp, folder } = await start()
    const keyFile = join(folder, 'keys', 'mesh.key')
    const seed = await openKeyFile(keyFile, createSeededRandom(5))
    const file = join(folder, 'with-key')
    expect((await backup(testApp.store, file, 0, keyFile)).meshKeySha256).toMatch(/^[0-9a-f]{64}$/)
    expect(((await stat(keyBeside(file))).mode & 0o777).toString(8)).toBe('600')

    await restore(file, join(folder, 'one'))
    expect(await readKeyFile(join(folder, 'one', 'mesh.key'))).toEqual(seed)
    await openKeyFile(join(folder, 'other.key'), createSeededRandom(6))
    const onto = restore(file, join(folder, 'two'), { keyFile: join(folder, 'other.key') })
    await expect(onto).rejects.toMatchObject({ code: 'not-empty' })
    await rm(keyBeside(file))
    await expect(restore(file, join(folder, 'two'))).rejects.toMatchObject({ code: 'damaged' })
    await restore(file, join(folder, 'two'), { isKeyLeftOut: true })
    expect(await readKeyFile(join(folder, 'two', 'mesh.key'))).toBeUndefined()
  })
})

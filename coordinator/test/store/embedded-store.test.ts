import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStore, SQLITE_FILE } from '../../src/store/store.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'muster-store-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

describe('the embedded store', () => {
  test('is made with files that only their owner can read, and one that was open to others is closed', async () => {
    const path = join(await folder(), 'data')
    const store = await openStore({ kind: 'sqlite', folder: path })
    onTestFinished(() => store.close())
    await store.migrate()
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('700')
    for (const name of await readdir(path)) {
      expect([name, ((await stat(join(path, name))).mode & 0o777).toString(8)]).toEqual([name, '600'])
    }
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
})

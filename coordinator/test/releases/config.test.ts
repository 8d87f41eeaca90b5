import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openReleases } from '../../src/releases/open-releases.ts'

const FACTS = { databaseUrl: undefined, meshKeyFile: undefined, isRoot: false, folder: '/tmp', builtPages: '/none' }

test('the folder of releases is that of the command line, of the file, or none; keys alone make no sense', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-config-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const config = join(folder, 'config')
  expect((await readConfig({}, FACTS)).releases).toBeUndefined()
  await writeFile(config, 'dist-dir = /srv/dist\nrelease-keys = /etc/release.keys\n')
  const keysFile = '/etc/release.keys'
  expect((await readConfig({ config }, FACTS)).releases).toEqual({ folder: '/srv/dist', keysFile })
  expect((await readConfig({ config, distDir: 'dist' }, FACTS)).releases).toEqual({ folder: 'dist', keysFile })
  await writeFile(config, 'release-keys = /etc/release.keys\n')
  await expect(readConfig({ config }, FACTS)).rejects.toMatchObject({ code: 'invalid' })
})

test('a file of keys that is missing, or holds something else, keeps the coordinator from starting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-config-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const keysFile = join(folder, 'keys')
  await expect(openReleases({ folder, keysFile })).rejects.toMatchObject({ code: 'unreadable' })
  await writeFile(keysFile, 'no key\n')
  await expect(openReleases({ folder, keysFile })).rejects.toMatchObject({ code: 'invalid' })
})

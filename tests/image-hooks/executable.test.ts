import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedBuild } from '@muster/packaging/cached-build.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hasProgram, hasRoot } from '../capabilities.ts'
import { runMuster, startProgram } from '../program.ts'
import { until } from '../until.ts'

/** Far more than it takes on a quiet machine. */
const SLOW_MS = 300_000

/** Any user who is not root. */
const NOBODY = 65_534

describe.skipIf(!hasProgram('strip') || !hasProgram('flock'))('the single executable', { timeout: SLOW_MS }, () => {
  let folder = ''
  let agent = ''
  const root = () => join(folder, 'tree')
  const run = (...args: readonly string[]) => startProgram(agent, [...args, '--root', root()]).ended

  beforeAll(async () => {
    const { file } = await cachedBuild()
    folder = mkdtempSync(join(tmpdir(), 'muster-executable-'))
    chmodSync(folder, 0o755)
    agent = join(folder, 'muster-agent')
    copyFileSync(file, agent)
  }, 600_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  beforeEach(() => {
    rmSync(root(), { recursive: true, force: true })
    mkdirSync(join(root(), 'usr/lib'), { recursive: true })
    writeFileSync(join(root(), 'usr/lib/os-release'), 'PRETTY_NAME="Small Linux"\n')
  })

  test('installs itself with all files that it carries, and what it installed runs', async () => {
    const ended = await run('install', '--coordinator', 'https://muster.example.org')
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('Small Linux') })
    const installed = join(root(), 'usr/lib/muster/muster-agent')
    expect(readFileSync(installed).equals(readFileSync(agent))).toBe(true)
    const verified = await startProgram(installed, ['verify', '--root', root(), '--image', '--json']).ended
    expect(JSON.parse(verified.stdout)).toMatchObject({ differences: [], changedConfig: [], identity: [] })
  })

  test('killed in the middle it leaves what the next install makes whole', async () => {
    const manifest = join(root(), 'usr/lib/muster/manifest.json')
    const program = startProgram(agent, ['install', '--root', root()])
    await until('the list of what is about to be done', () => existsSync(manifest) || undefined)
    await program.stop('SIGKILL')
    // On a busy machine it may have come to its end first; each step is stopped in the tests of the installer.
    const isWhole = JSON.parse(readFileSync(manifest, 'utf8')).isComplete === true
    expect(await run('verify')).toMatchObject({ code: isWhole ? 0 : 2 })
    expect(await run('install')).toMatchObject({ code: 0 })
    expect(await run('verify')).toMatchObject({ code: 0 })
  })

  test.skipIf(!hasRoot())('works for a plain user on a tree of his own, and says whose the files are', () => {
    for (const path of ['', 'usr', 'usr/lib', 'usr/lib/os-release']) chownSync(join(root(), path), NOBODY, NOBODY)
    const options = { uid: NOBODY, gid: NOBODY, encoding: 'utf8', cwd: folder } as const
    const own = spawnSync(agent, ['install', '--root', root()], options)
    expect(own, own.stderr).toMatchObject({ status: 0, stderr: expect.stringContaining('belong to you') })
    expect(lstatSync(join(root(), 'usr/bin/muster-agent')).uid).toBe(NOBODY)
    chownSync(join(root(), 'usr/lib/muster'), 0, 0)
    writeFileSync(join(root(), 'usr/lib/muster/muster-agent'), 'other')
    const foreign = spawnSync(agent, ['install', '--root', root()], options)
    expect(foreign).toMatchObject({
      status: 77,
      stderr: expect.stringMatching(/not-permitted[\s\S]*next: Run this as root/),
    })
  })
})

describe('the command line', () => {
  test.each([
    [['--agent', '/etc/passwd', '--coordinator', 'ftp://a', '--root', '/usr'], 64, 'https://muster.example.org'],
    [['--console', 'somewhere'], 64, 'full-screen'],
    [['--start', '--root', '/usr'], 64, 'Leave --start out'],
    [['--root', '/nonexistent'], 65, 'Give --root'],
    [['--root', '/usr'], 65, 'npm run build:bin'],
    [['--root', '/usr', '--agent', '/nonexistent'], 65, '--agent FILE'],
    [['--root', '/usr', '--agent', '/etc/passwd'], 65, 'no /etc/os-release'],
    [['--root', '/usr', '--agent', '/etc/passwd', '--release-key', '/etc/passwd'], 64, 'Ed25519'],
  ])('install %j ends with %i and the next step', async (args, code, words) => {
    expect(await runMuster('muster-agent', ['install', ...args])).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(words),
    })
  })

  test('errors are JSON when JSON is asked for', async () => {
    const { stderr, code } = await runMuster('muster-agent', ['verify', '--root', '/usr', '--json'])
    expect(code).toBe(65)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'not-installed', hint: expect.any(String) } })
  })
})

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadLedger } from '@muster/vm-agent/update/ledger.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

/** Some dozens of stories, each of several processes. */
vi.setConfig({ testTimeout: 300_000 })

const ENTRY = join(import.meta.dirname, 'crash-entry.ts')
const LAUNCHER = join(import.meta.dirname, '../../../image-hooks/files/muster-agent.sh')
/** A story that is killed once has at most one start more than one that is not; a bad version has three of its own. */
const MAX_STARTS = 7

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-update-crash-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Story {
  readonly stateDir: string
  readonly codes: readonly (number | null)[]
  readonly steps: readonly string[]
}

/** From the version of the image to the end of an update, under the real launcher. */
function tell(crashAt: number, newVersion: string): Story {
  const home = join(folder, String(crashAt))
  const stateDir = join(home, 'state')
  mkdirSync(stateDir, { recursive: true })
  const fresh = join(home, 'fresh')
  const cache = `export NODE_COMPILE_CACHE=${join(folder, 'cache')}`
  const agent = `${cache}\nexec ${process.execPath} ${ENTRY} ${stateDir} ${fresh} ${crashAt}`
  writeFileSync(fresh, `#!/bin/sh\n${newVersion === 'works' ? agent : 'exit 3'}\n# ${'x'.repeat(100_000)}\n`)
  const baked = join(home, 'baked')
  writeFileSync(baked, `#!/bin/sh\n${agent}\n`)
  const launcher = join(home, 'launcher')
  const text = readFileSync(LAUNCHER, 'utf8')
    .replace('/var/lib/muster/versions', join(stateDir, 'versions'))
    .replace('/usr/lib/muster/muster-agent', baked)
  writeFileSync(launcher, text)
  for (const program of [baked, launcher]) chmodSync(program, 0o755)
  const codes: (number | null)[] = []
  do {
    const env = { PATH: '/usr/bin:/bin', NOTIFY_SOCKET: 'x' }
    const { status, stderr } = spawnSync('dash', [launcher, 'run'], { env, encoding: 'utf8' })
    if (status === 1) throw new Error(stderr)
    codes.push(status)
  } while (codes.at(-1) !== 0 && codes.length < MAX_STARTS)
  return { stateDir, codes, steps: readFileSync(join(home, 'steps'), 'utf8').trim().split('\n') }
}

const pointersIn = (versions: string) => readdirSync(versions).filter((name) => /^(current|previous|trial)/.test(name))

test('an update that is killed at any step is confirmed all the same, and leaves nothing behind', async () => {
  const whole = tell(0, 'works')
  expect(whole.codes).toEqual([79, 0])
  expect(whole.steps.length).toBeGreaterThan(15)
  for (let at = 1; at <= whole.steps.length; at++) {
    const { stateDir, codes } = tell(at, 'works')
    const where = `killed before step ${at}, ${whole.steps[at - 1]}: ${codes}`
    const versions = join(stateDir, 'versions')
    expect(codes.at(-1), where).toBe(0)
    expect(codes, where).toContain(null)
    expect(pointersIn(versions), where).toEqual(['current'])
    const current = readFileSync(join(versions, 'current'), 'utf8').trim()
    expect(existsSync(join(versions, current, 'muster-agent')), where).toBe(true)
    expect(await loadLedger(stateDir), where).toMatchObject({ failed: [], trial: undefined })
  }
})

test('a version that does not stay up is taken back, at whatever step that is killed', async () => {
  const whole = tell(0, 'exits')
  expect(whole.codes).toEqual([79, 3, 3, 3, 0])
  for (let at = 1; at <= whole.steps.length; at++) {
    const { stateDir, codes } = tell(at, 'exits')
    const where = `killed before step ${at}, ${whole.steps[at - 1]}: ${codes}`
    expect(codes.at(-1), where).toBe(0)
    expect(pointersIn(join(stateDir, 'versions')), where).toEqual([])
    const { failed, trial } = await loadLedger(stateDir)
    expect(trial, where).toBeUndefined()
    expect(
      failed.map(({ version, reason }) => [version, reason]),
      where,
    ).toEqual([['1.0.0', 'crashed']])
  }
})

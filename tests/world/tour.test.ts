import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { decodeWorldOptions } from '../../world/options.ts'
import { PROJECT_ROOT, startProgram } from '../program.ts'
import { until } from '../until.ts'

/** Runs the entry of `npm start` to its end. */
const runWorld = (...args: string[]) =>
  startProgram(process.execPath, [join(PROJECT_ROOT, 'world/start.ts'), ...args]).ended

test('the tour pairs the machine, applies the context, and every check holds', async () => {
  const { stdout, stderr, code } = await runWorld('--tour')
  expect(stdout.split('\n').filter((line) => line.includes('FAILED'))).toEqual([])
  expect(stdout).toContain('every check held')
  expect(stderr).toBe('')
  expect(code).toBe(0)
})

test('a stop signal ends everything, also while the machine is still being made', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const world = startProgram(process.execPath, [join(PROJECT_ROOT, 'world/start.ts')], { env: { TMPDIR: folder } })
  await until('the first steps', () => (world.stdout().includes('Password') ? true : undefined), { timeoutMs: 60_000 })
  const { code } = await world.stop()
  expect(code).toBe(0)
  expect(await readdir(folder)).toEqual([])
})

test('an unknown option is a usage error with the next step', async () => {
  const { stderr, code } = await runWorld('--turbo')
  expect(stderr).toContain('--help')
  expect(code).toBe(64)
})

test('a data folder that is in use is refused', async () => {
  const { stderr, code } = await runWorld('--data', PROJECT_ROOT)
  expect(stderr).toContain('is not empty')
  expect(code).toBe(64)
})

test('options are read', () => {
  expect(decodeWorldOptions(['--tour', '--data', 'x'])).toEqual({ isTour: true, isHelp: false, dataFolder: 'x' })
})

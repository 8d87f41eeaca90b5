import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { decodeWorldOptions } from '../../world/options.ts'
import { PROJECT_ROOT, startProgram } from '../program.ts'
import { until } from '../until.ts'

/** The entry of `npm start`, which ends its parts when it is asked to end. */
const startWorld = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  startProgram(process.execPath, [join(PROJECT_ROOT, 'world/start.ts'), ...args], { env, orphanSignal: 'SIGTERM' })
const runWorld = (...args: string[]) => startWorld(args).ended

test('the tour pairs the machine, applies the context, moves a service without a coordinator, and every check holds', async () => {
  const { stdout, stderr, code } = await runWorld('--tour')
  expect(stdout.split('\n').filter((line) => line.includes('FAILED'))).toEqual([])
  expect(stdout).toContain('every check held')
  const [before = '', after = ''] = stdout.split('the coordinator is killed')
  expect(before).toContain('is answered by: web in meadow')
  expect(after).toContain('is answered by: web in harbor')
  expect(after).toMatch(/target 5 s: (met|MISSED)/)
  expect(stderr).toBe('')
  expect(code).toBe(0)
}, 300_000)

test('the cluster beside it is seen and moved by the commands that are printed', async () => {
  const world = startWorld([])
  onTestFinished(async () => void (await world.stop()))
  const find = (pattern: RegExp) => () => pattern.exec(world.stdout())?.[1]
  const limit = { timeoutMs: 120_000 }
  const kill = await until('the last command', find(/^ +kill -9 (.*)$/m), limit)
  const root = await until('the worker', find(/services --watch --root (.*)$/m))
  const configuration = () => readFile(join(root, 'etc/cernvm/environment.conf'), 'utf8').catch(() => '')
  const namesOf = async (pattern: RegExp) => pattern.exec(await configuration())?.[0]
  await until('the worker to use meadow', () => namesOf(/\/\/127\.\d+\.\d+\.1:/), limit)
  const members = await startProgram(join(PROJECT_ROOT, 'bin/muster-agent'), ['members', '--root', root]).ended
  expect(members.stdout).toContain('4 alive')
  expect(await startProgram('kill', ['-9', ...kill.split(' ')]).ended).toMatchObject({ code: 0 })
  await until('the worker to use harbor', () => namesOf(/\/\/127\.\d+\.\d+\.2:/), limit)
  expect(await world.stop()).toMatchObject({ code: 0 })
}, 300_000)

test('a stop signal ends everything, also while the machine is still being made', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const world = startWorld([], { TMPDIR: folder })
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
  expect(decodeWorldOptions(['--tour', '--data', 'x', '--dist', 'dist/release'])).toEqual({
    isTour: true,
    isHelp: false,
    dataFolder: 'x',
    distFolder: 'dist/release',
  })
})

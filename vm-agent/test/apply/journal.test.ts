import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { transactionDepsOf } from '../../src/apply/apply-context.ts'
import { takeApplyLock } from '../../src/apply/apply-lock.ts'
import type { ApplyDeps } from '../../src/apply/apply-report.ts'
import { readApplyStatus } from '../../src/apply/apply-status.ts'
import { createJournal } from '../../src/apply/journal.ts'
import { decodeLog, encodeRecord } from '../../src/apply/journal-record.ts'
import { recoverJournal } from '../../src/apply/open-journal.ts'
import { rollbackApply } from '../../src/apply/rollback.ts'
import { prepareStateDirectory } from '../../src/apply/state-directory.ts'
import { SYSTEM_PATH } from '../../src/apply/system-environment.ts'
import { applyResources, applyText, depsFor, ORIGIN } from './apply-fixture.ts'
import { fillTree, isRoot, makeTree, readTree, snapshot, temporaryDirectory } from './tree-fixture.ts'

const CONTEXT =
  '[amiconfig]\nplugins=cernvm hostname\n[cernvm]\nusers=ann:ann:$6$s$abc\nenvironment=A=1\n[hostname]\nhostname=h1\n'
const recover = (deps: ApplyDeps) => recoverJournal(transactionDepsOf(deps, { path: SYSTEM_PATH, clock: deps.clock }))
const logOf = (deps: ApplyDeps) => {
  const base = join(deps.stateDirectory, 'journal')
  return join(base, readdirSync(base)[0] ?? '', 'log')
}
const file = (path: string, text: string) =>
  ({ kind: 'file', path, content: new TextEncoder().encode(text), mode: 0o644, owner: {}, origin: ORIGIN }) as const

describe('the journal', () => {
  test('is closed to others, and its files are as well', async () => {
    const deps = depsFor(makeTree())
    await applyText(deps, CONTEXT)
    expect(lstatSync(deps.stateDirectory).mode & 0o777).toBe(0o700)
    expect(lstatSync(join(deps.stateDirectory, 'journal')).mode & 0o777).toBe(0o700)
    expect(lstatSync(logOf(deps)).mode & 0o777).toBe(0o600)
    for (const name of ['apply.lock', 'last-apply.json']) {
      expect(lstatSync(join(deps.stateDirectory, name)).mode & 0o777, name).toBe(0o600)
    }
  })

  test('with a torn last line takes back what is whole', async () => {
    const root = makeTree()
    const deps = depsFor(root)
    const before = snapshot(root, { withTimes: true })
    await applyResources(deps, [file('/etc/a', '1'), file('/etc/hostname', '2')])
    appendFileSync(logOf(deps), '0123abcd {"type":"int')
    const recovery = await recover(deps)
    expect(recovery).toMatchObject({ isComplete: true, problems: [] })
    expect(snapshot(root, { withTimes: true })).toEqual(before)
  })

  test('with a damaged line in the middle takes back the rest and says so', async () => {
    const root = makeTree()
    const deps = depsFor(root)
    await applyResources(deps, [file('/etc/a', '1'), file('/etc/b', '2')])
    const lines = readFileSync(logOf(deps), 'utf8').split('\n')
    writeFileSync(logOf(deps), lines.with(1, `${lines[1]?.slice(0, -2)}xx`).join('\n'))
    const recovery = await recover(deps)
    expect(recovery?.isComplete).toBe(false)
    expect(recovery?.problems.join()).toContain('damaged')
    expect(() => readTree(root, 'etc/b')).toThrow('ENOENT')
  })

  test('reads back what it writes, and no line that was changed', () => {
    const line = encodeRecord({ type: 'commit', finishedAt: 12 })
    expect(decodeLog(line)).toEqual({ records: [{ type: 'commit', finishedAt: 12 }], isTorn: false, isDamaged: false })
    expect(decodeLog(line.replace('12', '13'))).toMatchObject({ records: [], isTorn: true })
    expect(decodeLog(`${line}${line.slice(0, 20)}`)).toMatchObject({ isTorn: true, isDamaged: false })
  })

  test('keeps the last apply that changed something, and that alone', async () => {
    const deps = depsFor(makeTree())
    await applyText(deps, CONTEXT)
    await applyText(deps, CONTEXT.replace('h1', 'h2'))
    await applyText(deps, CONTEXT.replace('h1', 'h2'))
    expect(await createJournal(deps.stateDirectory).list()).toHaveLength(1)
    await rollbackApply(deps)
    expect(readTree(deps.root, 'etc/hostname')).toBe('h1\n')
    await expect(rollbackApply(deps)).rejects.toMatchObject({ code: 'nothing-to-roll-back' })
  })
})

describe('rollback', () => {
  test('brings the tree back byte for byte, times included', async () => {
    const root = makeTree()
    const deps = depsFor(root)
    const before = snapshot(root, { withTimes: true })
    await applyText(deps, CONTEXT)
    expect((await readApplyStatus(deps.stateDirectory)).undoable?.contextName).toBe('test')
    const report = await rollbackApply(deps)
    expect(report.paths).toContain('/etc/hostname')
    expect(snapshot(root, { withTimes: true })).toEqual(before)
    expect((await readApplyStatus(deps.stateDirectory)).lastApply?.appliedContext).toBeUndefined()
  })

  test('does not touch what somebody has changed since, unless forced', async () => {
    const root = makeTree()
    const deps = depsFor(root)
    const before = snapshot(root, { withTimes: true })
    await applyText(deps, CONTEXT)
    writeFileSync(join(root, 'etc/hostname'), 'mine\n')
    await expect(rollbackApply(deps)).rejects.toMatchObject({
      code: 'changed-since',
      details: { paths: ['/etc/hostname'] },
    })
    expect(readTree(root, 'etc/hostname')).toBe('mine\n')
    await rollbackApply(deps, { isForced: true })
    expect(snapshot(root, { withTimes: true })).toEqual(before)
  })

  test('that cannot bring something back says what, and keeps the journal aside', async () => {
    const root = makeTree()
    const deps = depsFor(root)
    await applyResources(deps, [{ kind: 'directory', path: '/srv/new', mode: 0o755, owner: {}, origin: ORIGIN }])
    fillTree(root, { 'srv/new/mine': 'x' })
    await expect(rollbackApply(deps)).rejects.toMatchObject({ code: 'rollback-failed' })
    expect(readdirSync(join(deps.stateDirectory, 'journal'))[0]).toMatch(/^kept-/)
    await expect(rollbackApply(deps)).rejects.toMatchObject({ code: 'nothing-to-roll-back' })
  })
})

describe('two applies at once', () => {
  const lock = (state: string, waitSeconds: number, onWait?: (holder: string) => void) =>
    takeApplyLock(state, { waitSeconds, command: 'test', now: 0, path: SYSTEM_PATH, onWait })

  test('are one after the other: the second says who holds the lock', async () => {
    const deps = depsFor(makeTree())
    await prepareStateDirectory(deps.stateDirectory)
    const held = await lock(deps.stateDirectory, 0)
    await expect(applyText(deps, CONTEXT)).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(`process ${process.pid} (test)`),
    })
    const waiting: string[] = []
    const second = applyText(deps, CONTEXT, {
      waitSeconds: 60,
      onWait: (holder) => {
        waiting.push(holder)
        void held.release()
      },
    })
    expect((await second).summary.outcome).toBe('applied')
    expect(waiting).toEqual([`process ${process.pid} (test)`])
  })

  test('a lock whose holder was killed is free at once', async () => {
    const state = join(temporaryDirectory(), 'muster')
    mkdirSync(state, { mode: 0o700 })
    const script = 'exec 9>>"$1"; flock 9; echo held; exec sleep 1000'
    const holder = spawn('bash', ['-c', script, 'holder', join(state, 'apply.lock')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => holder.stdout.once('data', resolve))
    await expect(lock(state, 0)).rejects.toMatchObject({ code: 'locked' })
    const ended = new Promise((resolve) => holder.once('exit', resolve))
    holder.kill('SIGKILL')
    await ended
    await (await lock(state, 0)).release()
  })
})

describe.runIf(isRoot)('a full disk', () => {
  test('during an apply is told, and the machine is as before', () => {
    const place = temporaryDirectory()
    const entry = new URL('./disk-full-entry.ts', import.meta.url).pathname
    const script = 'mount -t tmpfs -o size=2m tmpfs "$1" && exec "$2" "$3" "$1"'
    const output = execFileSync('unshare', ['--mount', 'sh', '-c', script, 'full', place, process.execPath, entry], {
      encoding: 'utf8',
      env: { PATH: SYSTEM_PATH },
    })
    const result = JSON.parse(output) as { outcomes: string[]; codes: string[]; isSame: boolean; freeAfter: boolean }
    expect(result.isSame).toBe(true)
    expect(new Set(result.outcomes)).toEqual(new Set(['rolled-back']))
    expect(new Set(result.codes)).toEqual(new Set(['disk-full']))
  })
})

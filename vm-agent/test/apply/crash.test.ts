import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { transactionDepsOf } from '../../src/apply/apply-context.ts'
import type { ApplyDeps, Recovery } from '../../src/apply/apply-report.ts'
import { readApplyStatus } from '../../src/apply/apply-status.ts'
import { recoverJournal } from '../../src/apply/open-journal.ts'
import { SYSTEM_PATH } from '../../src/apply/system-environment.ts'
import { applyText, depsFor } from './apply-fixture.ts'
import { makeTree, snapshot, temporaryDirectory } from './tree-fixture.ts'

const ENTRY = fileURLToPath(new URL('./crash-entry.ts', import.meta.url))
const HASH = '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/'
const CONTEXT = `[amiconfig]
plugins=cernvm hostname

[cernvm]
users=bob:physics:${HASH}
environment=A=1

[hostname]
hostname=after-crash
`

/** Two at a time: the machine has few processors, and the end of a killed process takes none. */
const PARALLEL = 2

interface ChildEnd {
  readonly signal: string | null
  readonly steps: number
}

function runChild(verb: string, root: string, state: string, crashAt: number, cache: string): Promise<ChildEnd> {
  const env = { NODE_COMPILE_CACHE: cache, PATH: SYSTEM_PATH }
  return new Promise((resolve, reject) => {
    const args = [ENTRY, verb, root, state, CONTEXT, String(crashAt)]
    const child = execFile(process.execPath, args, { env }, (_error, stdout, stderr) => {
      if (child.signalCode === null && child.exitCode !== 0) reject(new Error(stderr))
      else resolve({ signal: child.signalCode, steps: Number(stdout) })
    })
  })
}

async function forEachStep(total: number, visit: (step: number) => Promise<void>): Promise<void> {
  const pending = Array.from({ length: total }, (_, index) => index + 1)
  const work = async () => {
    for (let step = pending.shift(); step !== undefined; step = pending.shift()) await visit(step)
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
}

function recover(deps: ApplyDeps): Promise<Recovery | undefined> {
  return recoverJournal(transactionDepsOf(deps, { path: SYSTEM_PATH, clock: deps.clock }))
}

describe('an apply that is killed at any step of its journal', () => {
  test('leaves the machine as before or as wanted, and the next start says which', { timeout: 300_000 }, async () => {
    const source = makeTree()
    const before = snapshot(source, { withTimes: true })
    const cache = temporaryDirectory()
    const wantedTree = copyOf(source)
    const first = await runChild('apply', wantedTree, join(temporaryDirectory(), 's'), 0, cache)
    const wanted = snapshot(wantedTree)
    expect(first.steps).toBeGreaterThan(20)
    expect(wanted).not.toEqual(snapshot(source))
    const seen = { before: 0, wanted: 0, recovered: 0 }
    const roots = Array.from({ length: first.steps }, () => ({
      root: copyOf(source),
      state: join(temporaryDirectory(), 's'),
    }))
    await forEachStep(first.steps, async (step) => {
      const { root, state } = roots[step - 1] ?? { root: '', state: '' }
      const end = await runChild('apply', root, state, step, cache)
      expect(end.signal, `step ${step}`).toBe('SIGKILL')
      const deps = depsForStep(root, state)
      const recovery = await recover(deps)
      const status = await readApplyStatus(state)
      if (status.undoable === undefined) {
        expect(snapshot(root, { withTimes: true }), `step ${step}`).toEqual(before)
        seen.before += 1
        if (recovery !== undefined) seen.recovered += 1
        expect(recovery?.isComplete ?? true, `step ${step}`).toBe(true)
      } else {
        expect(snapshot(root), `step ${step}`).toEqual(wanted)
        expect(recovery, `step ${step}`).toBeUndefined()
        seen.wanted += 1
      }
      const again = await applyText(deps, CONTEXT)
      expect(again.error, `step ${step}`).toBeUndefined()
      expect(snapshot(root), `step ${step}, applied again`).toEqual(wanted)
    })
    expect(seen.before).toBeGreaterThan(10)
    expect(seen.recovered).toBeGreaterThan(10)
    expect(seen.wanted).toBeGreaterThan(0)
  })

  test('and so does a rollback: started again, it comes to its end', { timeout: 300_000 }, async () => {
    const source = makeTree()
    const before = snapshot(source, { withTimes: true })
    const cache = temporaryDirectory()
    const state = join(temporaryDirectory(), 's')
    const tree = copyOf(source)
    await runChild('apply', tree, state, 0, cache)
    const count = await runChild('rollback', copyOf(tree), copyOf(state), 0, cache)
    expect(count.steps).toBeGreaterThan(10)
    const copies = Array.from({ length: count.steps }, () => ({ root: copyOf(tree), state: copyOf(state) }))
    await forEachStep(count.steps, async (step) => {
      const copy = copies[step - 1] ?? { root: '', state: '' }
      const end = await runChild('rollback', copy.root, copy.state, step, cache)
      expect(end.signal, `step ${step}`).toBe('SIGKILL')
      const deps = depsForStep(copy.root, copy.state)
      await recover(deps)
      const isBack = (await readApplyStatus(copy.state)).undoable === undefined
      const now = snapshot(copy.root)
      if (isBack) expect(now, `step ${step}`).toEqual(snapshot(source))
      else expect(now, `step ${step}`).toEqual(snapshot(tree))
    })
    expect(snapshot(source, { withTimes: true })).toEqual(before)
  })
})

function depsForStep(root: string, stateDirectory: string): ApplyDeps {
  return depsFor(root, { stateDirectory })
}

function copyOf(path: string): string {
  const copy = join(temporaryDirectory(), 'copy')
  execFileSync('cp', ['-a', path, copy])
  return copy
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { PROJECT_ROOT, startProgram } from '../program.ts'
import { until } from '../until.ts'

const VITEST = join(PROJECT_ROOT, 'node_modules/vitest/vitest.mjs')
const PATIENCE = { timeoutMs: 50_000 }

/** Whether a process is there and not merely waiting for its parent to take notice of its end. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** A run of vitest with one test, which has started a program. */
async function startRun() {
  const folder = mkdtempSync(join(tmpdir(), 'muster-killed-run-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const told = join(folder, 'pids')
  const root = join(import.meta.dirname, 'killed-run')
  const run = startProgram(process.execPath, [VITEST, 'run', '--root', root], { env: { MUSTER_PIDS: told } })
  onTestFinished(async () => void (await run.stop('SIGKILL')))
  const read = () => {
    if (run.child.exitCode !== null) throw new Error(`the run ended: ${run.stdout()}${run.stderr()}`)
    try {
      return /^(\d+) (\d+)\n/.exec(readFileSync(told, 'utf8'))?.slice(1).map(Number)
    } catch {
      return undefined
    }
  }
  const [worker = 0, program = 0] = await until('a test to start a program', read, PATIENCE)
  return { run: run.pid, worker, program }
}

test.each(['run', 'worker'] as const)(
  'a %s of tests that is killed takes the programs of its tests along',
  async (one) => {
    const pids = await startRun()
    expect(runs(pids.program)).toBe(true)
    process.kill(pids[one], 'SIGKILL')
    for (const pid of [pids.program, pids.worker]) {
      await until(`process ${pid} to end`, () => (runs(pid) ? undefined : true), PATIENCE)
    }
  },
)

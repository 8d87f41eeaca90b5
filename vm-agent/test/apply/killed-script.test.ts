import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { transactionDepsOf } from '../../src/apply/apply-context.ts'
import { recoverJournal } from '../../src/apply/open-journal.ts'
import { SYSTEM_PATH } from '../../src/apply/system-environment.ts'
import { depsFor } from './apply-fixture.ts'
import { shellTreeSource } from './shell-tree.ts'
import { isRoot, snapshot, temporaryDirectory } from './tree-fixture.ts'

const ENTRY = fileURLToPath(new URL('./crash-entry.ts', import.meta.url))
/** A length of sleep that no other process has, by which the script's child is found. */
const MARK = '86399.25'
const SCRIPT = `#!/bin/bash\necho half > /etc/hostname\nmkdir /srv\nsleep ${MARK}\nexit 0\n[amiconfig]\nplugins=cernvm\n`

const makeShellTree = shellTreeSource()

function sleepers(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').endsWith(`sleep\0${MARK}\0`)
    } catch {
      return false
    }
  })
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

describe.runIf(isRoot)('an agent that is killed while a script runs in a tree', () => {
  test('takes the script with it, and leaves neither half an effect nor a scratch directory', async () => {
    const root = makeShellTree()
    const state = join(temporaryDirectory(), 's')
    const before = snapshot(root, { withTimes: true })
    const child = spawn(process.execPath, [ENTRY, 'apply', root, state, SCRIPT, '0'], {
      env: { PATH: SYSTEM_PATH },
      stdio: 'ignore',
    })
    await until(() => sleepers().length > 0 || child.exitCode !== null)
    expect(child.exitCode).toBeNull()
    const scratch = scratchOf(state)
    expect(existsSync(scratch)).toBe(true)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    await until(() => sleepers().length === 0)
    const deps = depsFor(root, { stateDirectory: state })
    const recovery = await recoverJournal(transactionDepsOf(deps, { path: SYSTEM_PATH, clock: deps.clock }))
    expect(recovery).toMatchObject({ isComplete: true, problems: [] })
    expect(existsSync(scratch)).toBe(false)
    expect(snapshot(root, { withTimes: true })).toEqual(before)
  })
})

function scratchOf(state: string): string {
  const base = join(state, 'journal')
  const log = readFileSync(join(base, readdirSync(base)[0] ?? '', 'log'), 'utf8')
  return /"type":"scratch","path":"([^"]+)"/.exec(log)?.[1] ?? ''
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestText } from '@muster/contexts/context/digest.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { applyContext } from '@muster/vm-agent/apply/apply-context.ts'
import type { ApplyDeps } from '@muster/vm-agent/apply/apply-report.ts'
import type { OnJournalStep } from '@muster/vm-agent/apply/journal.ts'
import { rollbackApply } from '@muster/vm-agent/apply/rollback.ts'
import { readFacts } from '@muster/vm-agent/facts/read-facts.ts'
import { readAgentHistory } from '@muster/vm-agent/service/agent-history.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'

const KILLED_APPLY = fileURLToPath(new URL('killed-apply.ts', import.meta.url))
const TEXT = '[amiconfig]\nplugins=hostname\n[hostname]\nhostname=after\n'
const { signal } = new AbortController()

let root: string
let deps: ApplyDeps

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-history-'))
  await mkdir(join(root, 'etc'))
  await writeFile(join(root, 'etc/hostname'), 'before\n')
  const stateDirectory = join(root, 'var/lib/muster')
  deps = { root, stateDirectory, clock: systemClock, random: systemRandom, log: silentLog, readFacts }
})

afterEach(() => rm(root, { recursive: true, force: true }))

test('a new machine has no history', async () => {
  expect(await readAgentHistory(deps, signal)).toEqual({ context: undefined, lastApply: undefined, notices: [] })
})

test('the context in force is that of the last apply, until it is taken back', async () => {
  const context = { name: 'small', version: 4, digest: digestText(TEXT) }
  await applyContext(deps, { text: TEXT, context, isStrict: false })
  const after = await readAgentHistory(deps, signal)
  expect(after).toMatchObject({ context, lastApply: { outcome: 'applied' }, notices: [] })
  await rollbackApply(deps)
  expect(await readAgentHistory(deps, signal)).toMatchObject({ context: undefined })
})

test('an apply that was killed is taken back before anything else, and the console will say so', async () => {
  const child = spawn(process.execPath, [KILLED_APPLY, root, deps.stateDirectory, TEXT])
  const [, killedBy] = await once(child, 'close')
  expect(killedBy).toBe('SIGKILL')
  const { notices } = await readAgentHistory(deps, signal)
  expect(notices).toEqual([expect.stringContaining('was taken back: the machine is as before it')])
  expect(await readFile(join(root, 'etc/hostname'), 'utf8')).toBe('before\n')
  const later = await readAgentHistory(deps, signal)
  expect(later.notices).toEqual([])
  const { finishedAt, startedAt = '', changes } = later.lastApply ?? { finishedAt: '', changes: 0 }
  expect(later.lastApply).toMatchObject({ outcome: 'rolled-back', errorCode: 'interrupted' })
  // It is killed right after its first change, before the journal says that it is made.
  expect(changes).toBe(1)
  expect(Date.parse(startedAt)).toBeLessThanOrEqual(Date.parse(finishedAt))
  expect(later.context).toBeUndefined()
})

test('a rollback that was killed is finished, and the machine has the context no more', async () => {
  const context = { name: 'small', version: 4, digest: digestText(TEXT) }
  await applyContext(deps, { text: TEXT, context, isStrict: false })
  const onJournalStep: OnJournalStep = ({ when, what }) => {
    if (when === 'after' && what === 'rollback') throw new Error('killed')
  }
  await expect(rollbackApply({ ...deps, onJournalStep })).rejects.toThrow('killed')
  const { notices } = await readAgentHistory(deps, signal)
  expect(notices).toEqual([expect.stringContaining('was taken back')])
  expect(await readFile(join(root, 'etc/hostname'), 'utf8')).toBe('before\n')
  expect(await readAgentHistory(deps, signal)).toMatchObject({ context: undefined, notices: [] })
})

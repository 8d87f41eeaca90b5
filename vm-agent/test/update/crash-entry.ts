import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { folderOf } from '../../src/update/judge-release.ts'
import { next, type UpdateEvent, type UpdateState } from '../../src/update/next.ts'
import { settle } from '../../src/update/open-updates.ts'
import { createUpdatePerformer } from '../../src/update/perform-update.ts'
import type { ReleaseSource } from '../../src/update/release-source.ts'
import { createVersionStore } from '../../src/update/version-store.ts'

/**
 * An agent that does nothing but update itself, and ends itself by SIGKILL at one step of the whole story, counted over
 * all processes. Ends with 79 to be started again, with 0 when there is nothing left to do.
 */
const [, , stateDir = '', file = '', crashAt = ''] = process.argv
const runs = process.env['MUSTER_RUNS'] ?? ''
const steps = join(stateDir, '../steps')
const signal = new AbortController().signal

function step(name: string): void {
  appendFileSync(steps, `${name}\n`)
  if (readFileSync(steps, 'utf8').split('\n').length - 1 === Number(crashAt)) process.kill(process.pid, 'SIGKILL')
}

const PIECE_BYTES = 40_000
const bytes = readFileSync(file)
const sha256 = createHash('sha256').update(bytes).digest('hex')
const source: ReleaseSource = {
  name: 'memory',
  channel: async () => '',
  file: async (_, from) => ({ from, pieces: piecesFrom(from) }),
}

async function* piecesFrom(from: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = from; at < bytes.length; at += PIECE_BYTES) {
    step('piece')
    yield bytes.subarray(at, at + PIECE_BYTES)
  }
}

const release = {
  version: '1.0.0',
  commit: '0123abc',
  publishedAt: '2026-01-01T00:00:00Z',
  channel: 'stable',
  files: [{ name: 'muster-agent', os: 'linux' as const, arch: 'x64' as const, bytes: bytes.length, sha256 }],
}

const store = createVersionStore(stateDir, { onStep: step })
let isToStartAgain = false
const settled = await settle({ clock: systemClock, log: silentLog, store, stateDir }, runs)
const performer = createUpdatePerformer(
  {
    clock: systemClock,
    store,
    source,
    occupation: async () => undefined,
    reached: () => ({ coordinator: true, mesh: false }),
    restart() {
      isToStartAgain = true
    },
    selfCheck: async () => undefined,
  },
  {
    root: '/',
    stateDir,
    channel: 'stable',
    judge: { running: '', runs, platform: { os: 'linux', arch: 'x64' } },
    held: () => undefined,
  },
  settled.ledger,
)
let state: UpdateState = settled.state
if (state.phase === 'trial') await handle({ type: 'healthy' })
const isDone = runs.startsWith('1.0.0-') || settled.ledger.failed.length > 0
if (!isDone) {
  const [one] = release.files
  if (one === undefined) throw new Error('no file')
  state = { phase: 'checking' }
  await handle({
    type: 'judged',
    verdict: { verdict: 'newer', release, file: one },
    folder: folderOf(release, one),
    held: undefined,
  })
}
process.exitCode = isToStartAgain ? 79 : 0

async function handle(event: UpdateEvent): Promise<void> {
  const events = [event]
  for (let one = events.shift(); one !== undefined; one = events.shift()) {
    const { state: entered, effects } = next(state, one)
    state = entered
    for (const effect of effects) {
      step(effect.type)
      const answer = await performer.perform(effect, signal)
      if (answer !== undefined) events.push(answer)
    }
  }
  if (state.phase === 'idle' && state.last?.end === 'failed') throw new Error(state.last.why)
}

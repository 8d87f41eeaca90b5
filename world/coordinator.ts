import { join } from 'node:path'
import { systemClock, timeoutSignal } from '@muster/runtime/clock.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { retry } from '@muster/runtime/retry.ts'
import { freePort } from './port.ts'
import { type RunningProgram, startProgram } from './program.ts'
import { WorldError } from './world-error.ts'

/** A coordinator that answers. */
export interface RunningCoordinator extends RunningProgram {
  /** Address of its pages and API on this machine. */
  readonly url: string
}

/** Where people expect a try-out. */
const PREFERRED_PORT = 8080
const START_TIMEOUT_MS = 60_000

/** Starts `bin/muster-coordinator` on a free port of the loopback and waits until it is ready. */
export async function startCoordinator(options: {
  readonly binFolder: string
  readonly dataFolder: string
  readonly distFolder: string | undefined
  readonly signal: AbortSignal
}): Promise<RunningCoordinator> {
  const port = await freePort(PREFERRED_PORT)
  const url = `http://localhost:${port}`
  const log: string[] = []
  const keep = (line: string) => {
    log.push(line)
    if (log.length > 50) log.shift()
  }
  const program = startProgram({
    name: 'coordinator',
    program: join(options.binFolder, 'muster-coordinator'),
    args: [
      ...['serve', '--listen', `127.0.0.1:${port}`, '--data', options.dataFolder, '--public-url', url],
      ...['--mesh-listen', '/ip4/127.0.0.1/tcp/0'],
      ...(options.distFolder === undefined ? [] : ['--dist-dir', options.distFolder]),
    ],
    onOutput: keep,
    onError: keep,
  })
  try {
    await waitUntilReady(`http://127.0.0.1:${port}`, program, options.signal)
  } catch (cause) {
    await program.stop()
    throw new WorldError('coordinator-failed', `The coordinator did not start:\n${log.join('\n')}`, { cause })
  }
  return { ...program, url }
}

async function waitUntilReady(address: string, program: RunningProgram, parent: AbortSignal): Promise<void> {
  const gone = new AbortController()
  program.ended.then(
    () => gone.abort(new Error('the coordinator ended')),
    (cause: unknown) => gone.abort(cause),
  )
  const deadline = timeoutSignal(systemClock, START_TIMEOUT_MS, AbortSignal.any([parent, gone.signal]))
  const probe = async (_attempt: number, signal: AbortSignal) => {
    const response = await fetch(`${address}/readyz`, { signal })
    if (!response.ok) throw new Error(`readyz answers ${response.status}`)
  }
  const pace = { attempts: Number.POSITIVE_INFINITY, baseMs: 50, maxMs: 500 }
  try {
    await retry(probe, { ...pace, clock: systemClock, random: systemRandom, signal: deadline.signal })
  } finally {
    deadline.cancel()
  }
}

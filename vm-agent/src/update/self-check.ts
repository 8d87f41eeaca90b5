import { spawn } from 'node:child_process'
import { type Clock, timeoutSignal } from '@muster/runtime/clock.ts'
import { SYSTEM_PATH } from '../apply/system-environment.ts'

/** A busy machine needs its time; one that needs more cannot work with it either. */
const LIMIT_MS = 120_000
const MAX_OUTPUT_CHARS = 4_000

/** What is looked at. */
export interface SelfCheck {
  readonly program: string
  readonly version: string
  readonly root: string
  readonly stateDir: string
  readonly signal: AbortSignal
}

/**
 * Has a new version say what it is, and try itself on this machine without changing anything.
 *
 * @returns why it does not work here; undefined when it does
 */
export async function selfCheck(clock: Clock, check: SelfCheck): Promise<string | undefined> {
  const { program, version, root, stateDir, signal } = check
  const told = await run(clock, program, ['--version'], signal)
  if (told.failure !== undefined) return `--version ${told.failure}`
  if (told.output.trim() !== version) return `it calls itself ${told.output.trim().slice(0, 100) || 'nothing'}`
  const tried = await run(clock, program, ['self-test', '--root', root, '--state', stateDir], signal)
  return tried.failure === undefined ? undefined : `its self-test ${tried.failure}`
}

interface Ended {
  readonly output: string
  readonly failure: string | undefined
}

async function run(clock: Clock, program: string, args: readonly string[], signal: AbortSignal): Promise<Ended> {
  const deadline = timeoutSignal(clock, LIMIT_MS, signal)
  try {
    return await new Promise((resolve) => {
      const child = spawn(program, args, {
        env: { PATH: SYSTEM_PATH },
        stdio: ['ignore', 'pipe', 'pipe'],
        signal: deadline.signal,
        killSignal: 'SIGKILL',
      })
      let output = ''
      let complaint = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output = `${output}${text}`.slice(0, MAX_OUTPUT_CHARS)
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaint = `${complaint}${text}`.slice(0, MAX_OUTPUT_CHARS)
      })
      child.once('error', (error) => {
        const isLate = deadline.signal.aborted && !signal.aborted
        resolve({ output, failure: isLate ? `took longer than ${LIMIT_MS / 1000} s` : `failed: ${error.message}` })
      })
      // Not `close`: what it has started may hold the pipes open.
      child.once('exit', (code, killedBy) => {
        const first = complaint.trim().split('\n')[0] ?? ''
        const failure = `ended with ${code ?? killedBy}${first === '' ? '' : `: ${first}`}`
        setImmediate(() => resolve({ output, failure: code === 0 ? undefined : failure }))
      })
    })
  } finally {
    deadline.cancel()
    signal.throwIfAborted()
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const LAUNCHER = fileURLToPath(new URL('../../bin/muster-coordinator', import.meta.url))

/**
 * Nothing of the tester's own environment, such as a DATABASE_URL. What Node has compiled is kept with that of the other
 * tests, which start the same program.
 */
const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../.cache/node', import.meta.url)),
}
/** Arguments of `setpriv`, which becomes the launcher: that does not outlive this process, even when it is killed. */
const ENDS_WITH_TEST = ['--pdeathsig', 'KILL', '--', LAUNCHER] as const

/** A folder for one test, removed at its end. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-coordinator-child-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** How a command ended. */
export interface CommandResult {
  readonly exitCode: number | null
  readonly output: string
  readonly errors: string
}

/** Runs one command of the coordinator to its end. */
export async function runCommand(args: readonly string[], input = ''): Promise<CommandResult> {
  const child = spawn('setpriv', [...ENDS_WITH_TEST, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: ENVIRONMENT })
  child.stdin.end(input)
  const [output, errors, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exitCode, output, errors }
}

/** A coordinator that serves in a process of its own. */
export interface ServingChild {
  readonly origin: string
  readonly child: ChildProcess
  /** What it has logged so far. */
  log(): string
  /** Sends a signal and waits for the end. @returns the exit code, null when the signal ended it */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts `serve` on a free port and waits until it listens. */
export async function startServing(folder: string): Promise<ServingChild> {
  const mesh = ['--mesh-listen', '/ip4/127.0.0.1/tcp/0']
  const args = ['serve', '--listen', '127.0.0.1:0', '--data', folder, ...mesh]
  const child = spawn('setpriv', [...ENDS_WITH_TEST, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT })
  onTestFinished(() => void child.kill('SIGKILL'))
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk
  })
  const closed = once(child, 'close')
  const origin = await listeningOrigin(child)
  return {
    origin,
    child,
    log: () => log,
    async end(signal) {
      child.kill(signal)
      const [exitCode] = await closed
      return exitCode
    },
  }
}

async function listeningOrigin(child: ChildProcess): Promise<string> {
  let output = ''
  for await (const chunk of child.stdout?.setEncoding('utf8') ?? []) {
    output += chunk
    const origin = /^listening on (\S+)$/m.exec(output)?.[1]
    if (origin !== undefined) return origin
  }
  throw new Error('the coordinator ended before it listened')
}

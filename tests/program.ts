import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@muster/runtime/clock.ts'

/** Root of the checkout. */
export const PROJECT_ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** One of the launchers in `bin`. */
export type Launcher = 'muster' | 'muster-agent' | 'muster-coordinator'

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A started program; what it prints is collected. */
export interface RunningProgram {
  readonly pid: number
  readonly child: ChildProcess
  stdout(): string
  stderr(): string
  readonly ended: Promise<Ended>
  /** Asks it to stop, and after 10 seconds makes it; resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

/** What a started program gets besides its arguments. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Text for its standard input, which then ends. @default empty */
  readonly stdin?: string
  /** The caller writes to its standard input itself. @default false */
  readonly isStdinOpen?: boolean
  /** What it gets when this process is killed. SIGTERM is for a program that has to end others. @default SIGKILL */
  readonly orphanSignal?: 'SIGKILL' | 'SIGTERM'
}

const STOP_TIMEOUT_MS = 10_000

/** Starts a launcher of this checkout as a user would, with this very node first on its path. */
export function startMuster(launcher: Launcher, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  return startProgram(join(PROJECT_ROOT, 'bin', launcher), args, options)
}

/** Runs a launcher of this checkout to its end. */
export async function runMuster(
  launcher: Launcher,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Ended> {
  return await startMuster(launcher, args, options).ended
}

/**
 * Starts any program; the caller stops it or awaits its end. It does not outlive this process, even when that is killed:
 * the kernel sees to it. `setpriv` only asks for that, and becomes the program.
 */
export function startProgram(program: string, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const path = [dirname(process.execPath), process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(':')
  const orphanSignal = (options.orphanSignal ?? 'SIGKILL').slice('SIG'.length)
  const child = spawn('setpriv', ['--pdeathsig', orphanSignal, '--', program, ...args], {
    cwd: options.cwd ?? PROJECT_ROOT,
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1', ...options.env, PATH: path },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
  })
  child.stdin.on('error', () => undefined)
  if (options.isStdinOpen !== true) child.stdin.end(options.stdin ?? '')
  const ended = new Promise<Ended>((resolve, reject) =>
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, ...said })),
  )
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    const enough = new AbortController()
    const last = systemClock.sleep(STOP_TIMEOUT_MS, enough.signal).then(
      () => child.kill('SIGKILL'),
      () => false,
    )
    const end = await ended
    enough.abort()
    await last
    return end
  }
  return { pid: child.pid ?? 0, child, stdout: () => said.stdout, stderr: () => said.stderr, ended, stop }
}

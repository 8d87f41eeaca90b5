import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningProgram, startMuster } from '../program.ts'
import { until } from '../until.ts'

/** An unpaired machine: the agent as a process, with a root directory and a serial console of its own. */
export interface Machine {
  readonly root: string
  readonly program: RunningProgram
  /** Everything that its console has shown. */
  console(): string
  /** The last PIN shown that differs from `before`, as soon as there is one. */
  pin(before?: string): Promise<string>
  /** Waits until the console shows what matches. */
  shows(pattern: RegExp, timeoutMs?: number): Promise<void>
  stop(): Promise<void>
}

const PIN = /\bPIN +([BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4})\b/g

/**
 * Starts `bin/muster-agent run`.
 *
 * @param root - the tree that is the machine; without one an empty folder, enough for pairing, is made and removed
 */
export function startMachine(coordinatorUrl: string, root?: string): Machine {
  const own = root === undefined ? mkdtempSync(join(tmpdir(), 'muster-machine-')) : undefined
  const machineRoot = root ?? own ?? ''
  mkdirSync(join(machineRoot, 'etc'), { recursive: true })
  const target = ['--coordinator', coordinatorUrl, '--root', machineRoot]
  const program = startMuster('muster-agent', ['run', ...target, '--console', 'stdout', '--console-mode', 'serial'])
  const look = <T>(what: string, find: () => T | undefined, timeoutMs?: number) =>
    until(
      what,
      () => {
        const found = find()
        if (found !== undefined) return found
        if (program.child.exitCode !== null) throw new Error(`the agent ended:\n${program.stdout()}${program.stderr()}`)
        return undefined
      },
      timeoutMs === undefined ? {} : { timeoutMs },
    )
  return {
    root: machineRoot,
    program,
    console: program.stdout,
    pin: (before) =>
      look('a PIN on the console', () => {
        const last = [...program.stdout().matchAll(PIN)].at(-1)?.[1]
        return last === before ? undefined : last
      }),
    shows: async (pattern, timeoutMs) => {
      await look(`${pattern} on the console`, () => (pattern.test(program.stdout()) ? true : undefined), timeoutMs)
    },
    async stop() {
      await program.stop()
      if (own !== undefined) rmSync(own, { recursive: true, force: true })
    },
  }
}

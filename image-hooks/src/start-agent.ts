import { execFile } from 'node:child_process'
import { ImageError } from './image-error.ts'
import { PATHS } from './layout.ts'

/** Runs a program of the system; rejects when it fails. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<void>

const LIMIT_MS = 360_000
const UNIT = 'muster-agent.service'

/** Runs programs of this machine, with the search path of root. */
export const runProgram: RunProgram = (program, args) =>
  new Promise((resolve, reject) => {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
    execFile(program, [...args], { env, timeout: LIMIT_MS }, (error, _stdout, stderr) =>
      error === null ? resolve() : reject(new Error(stderr.trim() || error.message)),
    )
  })

/** Makes the running system know what was installed, and starts the agent. @throws {ImageError} start-failed */
export async function startAgent(run: RunProgram, options: { readonly hasChanged: boolean }): Promise<void> {
  const steps: readonly (readonly [string, ...string[]])[] = [
    ['systemd-tmpfiles', '--create', PATHS.tmpfiles],
    ['systemctl', 'daemon-reload'],
    // One that runs already is what was installed, unless something has changed.
    ['systemctl', options.hasChanged ? 'restart' : 'start', UNIT],
  ]
  for (const [program, ...args] of steps) {
    await run(program, args).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new ImageError('start-failed', `${program} ${args.join(' ')}: ${reason}`, {
        cause,
        hint: `Everything is installed. Look at systemctl status ${UNIT} and journalctl -u ${UNIT}.`,
      })
    })
  }
}

/** Stops the agent of the running system, which is about to be removed; a failure is no reason to keep it. */
export async function stopAgent(run: RunProgram): Promise<void> {
  await run('systemctl', ['stop', UNIT]).catch(() => undefined)
}

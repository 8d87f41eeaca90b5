import { ImageError } from './image-error.ts'
import { PATHS } from './layout.ts'
import type { RunProgram } from './run-program.ts'

const UNIT = 'muster-agent.service'
const CONSOLE_UNIT = 'muster-console.service'

/** Makes the running system know what was installed, and starts the agent. @throws {ImageError} start-failed */
export async function startAgent(
  run: RunProgram,
  options: { readonly hasChanged: boolean; readonly hasFullScreen: boolean },
): Promise<void> {
  const steps: readonly (readonly [string, ...string[]])[] = [
    ['systemd-tmpfiles', '--create', PATHS.tmpfiles],
    ['systemctl', 'daemon-reload'],
    // One that runs already is what was installed, unless something has changed.
    ['systemctl', options.hasChanged ? 'restart' : 'start', UNIT],
    ...(options.hasFullScreen ? [['systemctl', 'restart', CONSOLE_UNIT] as const] : []),
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

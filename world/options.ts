import { parseArgs } from 'node:util'
import { WorldError } from './world-error.ts'

/** What `npm start` was asked to do. */
export interface WorldOptions {
  readonly isTour: boolean
  readonly isHelp: boolean
  /** Folder that keeps everything; without one a temporary folder is used and removed. */
  readonly dataFolder: string | undefined
}

export const WORLD_HELP = `npm start [-- OPTIONS]

Starts Muster on this machine: a coordinator with its pages, an account, the sample contexts, one unpaired machine
whose console is shown, and a cluster of three machines in two clouds. Ctrl-C ends it.

  --tour        pair and configure the machine without you, kill the coordinator, move the service of the cluster,
                check everything, and end; exit code 0 or 1
  --data DIR    keep everything in DIR (new or empty) instead of a temporary folder
  --help        this text

Each machine lives in a folder of its own; nothing else on your system is changed. Run as root, scripts of
contexts run inside that folder too (in a chroot); otherwise they are reported as not run. The machines of the
cluster have addresses of their own in the loopback network.
`

/** @throws {WorldError} usage */
export function decodeWorldOptions(args: readonly string[]): WorldOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { tour: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, data: { type: 'string' } },
    })
    return { isTour: values.tour ?? false, isHelp: values.help ?? false, dataFolder: values.data }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new WorldError('usage', message, { cause, hint: 'See npm start -- --help.' })
  }
}

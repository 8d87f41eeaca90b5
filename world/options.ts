import { parseArgs } from 'node:util'
import { WorldError } from './world-error.ts'

/** What `npm start` was asked to do. */
export interface WorldOptions {
  readonly isTour: boolean
  readonly isHelp: boolean
  /** Folder that keeps everything; without one a temporary folder is used and removed. */
  readonly dataFolder: string | undefined
  /** Folder of releases that the coordinator serves to machines of stock images. */
  readonly distFolder: string | undefined
}

export const WORLD_HELP = `npm start [-- OPTIONS]

Starts Muster on this machine: a coordinator with its pages, an account, the sample contexts, one unpaired machine
whose console is shown, and a cluster of three machines in two clouds. Ctrl-C ends it.

  --tour        pair and configure the machine without you, kill the coordinator, move the service of the cluster,
                check everything, and end; exit code 0 or 1
  --data DIR    keep everything in DIR (new or empty) instead of a temporary folder
  --dist DIR    serve the releases in DIR, so that stock images can fetch the agent; to make one:
                  npm run build:bin
                  npm run release -- keygen --out release.key
                  npm run release -- publish --key release.key dist/muster-agent
                  npm start -- --dist dist/release
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
      options: {
        tour: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        data: { type: 'string' },
        dist: { type: 'string' },
      },
    })
    const { tour = false, help = false, data, dist } = values
    return { isTour: tour, isHelp: help, dataFolder: data, distFolder: dist }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new WorldError('usage', message, { cause, hint: 'See npm start -- --help.' })
  }
}

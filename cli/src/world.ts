import type { Fetch } from '@muster/contexts/api/requester.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Terminal } from './terminal.ts'

/** Settings from the environment, read once in the entry file. */
export interface Environment {
  /** MUSTER_SERVER */
  readonly server: string | undefined
  /** MUSTER_TOKEN, for scripts that keep their token elsewhere. */
  readonly token: string | undefined
  /** Folder of the stored sign-ins: `$XDG_CONFIG_HOME/muster`. */
  readonly configFolder: string
  /** How this machine is called, to name what it signs in. */
  readonly hostname: string
}

/** What every command works with. */
export interface CliWorld {
  readonly environment: Environment
  readonly terminal: Terminal
  readonly fetch: Fetch
  readonly clock: Clock
  readonly random: Random
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** --server */
  readonly server: string | undefined
}

import type { ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import type { CliWorld } from './world.ts'

/** Options that every command takes. */
export interface GlobalOptions {
  readonly server?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/** Runs the work of a command in a world made from its options, reports failures and keeps the exit code. */
export interface CommandHost {
  run(command: Command, work: (world: CliWorld) => Promise<ExitCode>): Promise<void>
}

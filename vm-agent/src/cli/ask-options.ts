import type { Command } from 'commander'
import type { AgentPlace } from '../directory/ask-agent.ts'
import type { ControlRequest } from '../directory/control-messages.ts'
import { runtimeDirectory } from '../directory/runtime-directory.ts'
import type { CommandIo } from './command-io.ts'
import { applyDepsFor, type MachineOptions, withMachineOptions } from './machine-options.ts'

/** Options of commands that ask the running agent. */
export interface AskOptions extends MachineOptions {
  readonly json?: boolean
  readonly watch?: boolean
}

/** Adds `--root`, `--state` and `--json`. */
export function withAskOptions(command: Command): Command {
  return withMachineOptions(command).option('--json', 'print JSON')
}

/** Where the agent of these options is asked. @throws {CommandError} bad-root */
export async function agentPlaceOf(io: CommandIo, options: MachineOptions): Promise<AgentPlace> {
  const { root, stateDirectory } = await applyDepsFor(io, options)
  return { runtimeDirectory: await runtimeDirectory(root), stateDirectory }
}

/** A person who watches sees ages; a program is told of changes. */
export function followOf({ watch, json }: AskOptions): ControlRequest['follow'] {
  if (watch !== true) return 'no'
  return json === true ? 'changes' : 'ages'
}

import { realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { systemClock } from '@muster/runtime/clock.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { type Command, InvalidArgumentError } from 'commander'
import type { ApplyDeps } from '../apply/apply-report.ts'
import { defaultStateDirectory } from '../apply/state-directory.ts'
import { readFacts } from '../facts/read-facts.ts'
import { readKeptAnswers } from '../mesh/kept-answers.ts'
import { CommandError } from './command-error.ts'
import type { CommandIo } from './command-io.ts'
import { createCommandLog } from './command-log.ts'

/** Options of commands that work on a machine. */
export interface MachineOptions {
  readonly root: string
  readonly state?: string
}

/** Adds `--root` and `--state`. */
export function withMachineOptions(command: Command): Command {
  return command
    .option('--root <dir>', 'work on the tree below DIR instead of the running system', '/')
    .option('--state <dir>', 'where journal, lock and last report are kept (default: DIR/var/lib/muster)')
}

/** Reads a whole number of seconds of an option. */
export function decodeSeconds(value: string): number {
  const seconds = Number(value)
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400) return seconds
  throw new InvalidArgumentError('a whole number from 0 to 86400 is expected.')
}

/** What the executor stands on for these options. @throws {CommandError} bad-root */
export async function applyDepsFor(io: CommandIo, options: MachineOptions): Promise<ApplyDeps> {
  const root = await existingDirectory(options.root)
  const stateDirectory = options.state === undefined ? await defaultStateDirectory(root) : resolve(options.state)
  return {
    root,
    stateDirectory,
    clock: systemClock,
    random: systemRandom,
    log: createCommandLog(io),
    readFacts,
    // The agent that runs here has left what its cluster told last.
    readPlaceholders: () => readKeptAnswers({ root, stateDirectory }),
  }
}

async function existingDirectory(path: string): Promise<string> {
  try {
    const root = await realpath(resolve(path))
    if ((await stat(root)).isDirectory()) return root
  } catch (cause) {
    throw noSuchTree(path, cause)
  }
  throw noSuchTree(path, undefined)
}

function noSuchTree(path: string, cause: unknown): CommandError {
  return new CommandError('bad-root', `${path} is no directory that can be read`, {
    cause,
    hint: 'Give --root the top directory of a machine, for example one made by mmdebstrap.',
  })
}

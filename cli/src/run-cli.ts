import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import { type Command, CommanderError } from 'commander'
import { exitCodeOf } from './cli-error.ts'
import type { CommandHost, GlobalOptions } from './command-host.ts'
import { createProgram } from './program.ts'
import { reportError } from './report-error.ts'
import { createTerminal, type TerminalStreams } from './terminal.ts'
import type { CliWorld } from './world.ts'

/** What the entry file brings. */
export interface CliInputs extends Omit<CliWorld, 'terminal' | 'server'> {
  /** Words after the program's name. */
  readonly args: readonly string[]
  readonly streams: TerminalStreams
}

/** Runs one command line to its end; never rejects. */
export async function runCli(inputs: CliInputs): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done
  const host: CommandHost = {
    async run(command, work) {
      const options = command.optsWithGlobals<GlobalOptions>()
      const terminal = createTerminal(inputs.streams, {
        isJson: options.json === true,
        isQuiet: options.quiet === true,
      })
      try {
        exitCode = await work({ ...inputs, terminal, server: options.server })
      } catch (error) {
        reportError(terminal, error)
        exitCode = exitCodeOf(error)
      }
    },
  }
  try {
    await withoutExit(createProgram(host), inputs.streams).parseAsync(inputs.args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? EXIT.done : EXIT.usage
  }
  return exitCode
}

/** Commander reports usage errors to our streams and throws instead of leaving the process. */
function withoutExit(command: Command, streams: TerminalStreams): Command {
  command.exitOverride().configureOutput({
    writeOut: (text) => streams.output.write(text),
    writeErr: (text) => streams.errors.write(text),
  })
  for (const child of command.commands) withoutExit(child, streams)
  return command
}

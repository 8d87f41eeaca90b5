import { EXIT } from '@muster/runtime/exit.ts'
import { Command, CommanderError } from 'commander'
import { AGENT_VERSION } from '../facts/agent-version.ts'
import { registerApply } from './apply.ts'
import type { CommandIo } from './command-io.ts'
import { registerDoctor } from './doctor.ts'
import { registerPair } from './pair.ts'
import { registerPlan } from './plan.ts'
import { registerRollback } from './rollback.ts'
import { registerRun } from './run.ts'
import { registerStatus } from './status.ts'

/** The command line of the agent with all its commands. */
export function createProgram(io: CommandIo): Command {
  const program = new Command('muster-agent')
    .description('Turns this machine into what its context says.')
    .version(AGENT_VERSION)
    .showHelpAfterError('(muster-agent --help shows the commands)')
  registerRun(program)
  registerPair(program)
  registerPlan(program, io)
  registerApply(program, io)
  registerRollback(program, io)
  registerStatus(program, io)
  registerDoctor(program, io)
  return program
}

/** Runs one command line to its end; the exit code goes to `io`. Never rejects. */
export async function runProgramLine(io: CommandIo, args: readonly string[]): Promise<void> {
  try {
    await withoutExit(createProgram(io), io).parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    io.setExitCode(error.exitCode === 0 ? EXIT.done : EXIT.usage)
  }
}

/** Commander writes to our streams and throws instead of leaving the process. */
function withoutExit(command: Command, io: CommandIo): Command {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.output.write(text),
    writeErr: (text) => io.errors.write(text),
  })
  for (const child of command.commands) withoutExit(child, io)
  return command
}

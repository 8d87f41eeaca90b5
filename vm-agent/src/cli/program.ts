import { EXIT } from '@muster/runtime/exit.ts'
import { Command, CommanderError } from 'commander'
import { AGENT_VERSION } from '../facts/agent-version.ts'
import type { CommandIo } from './command-io.ts'

type Register = (program: Command, io: CommandIo) => void

/** The commands in the order of the help. Each is loaded when its turn comes: loading all takes longer than most run. */
const COMMANDS: ReadonlyMap<string, () => Promise<Register>> = new Map([
  ['run', async () => (await import('./run.ts')).registerRun],
  ['pair', async () => (await import('./pair.ts')).registerPair],
  ['plan', async () => (await import('./plan.ts')).registerPlan],
  ['apply', async () => (await import('./apply.ts')).registerApply],
  ['rollback', async () => (await import('./rollback.ts')).registerRollback],
  ['status', async () => (await import('./status.ts')).registerStatus],
  ['services', async () => (await import('./services.ts')).registerServices],
  ['members', async () => (await import('./members.ts')).registerMembers],
  ['trace', async () => (await import('./trace.ts')).registerTrace],
  ['update', async () => (await import('./update.ts')).registerUpdate],
  ['self-test', async () => (await import('./self-test.ts')).registerSelfTest],
  ['doctor', async () => (await import('./doctor.ts')).registerDoctor],
  ['install', async () => (await import('./install.ts')).registerInstall],
  ['verify', async () => (await import('./verify.ts')).registerVerify],
  ['manifest', async () => (await import('./manifest.ts')).registerManifest],
  ['uninstall', async () => (await import('./uninstall.ts')).registerUninstall],
])

/** The command line of the agent: the command that is asked for, or all of them for help and for what is no command. */
async function createProgram(io: CommandIo, asked: string | undefined): Promise<Command> {
  const program = new Command('muster-agent')
    .description('Turns this machine into what its context says.')
    .version(AGENT_VERSION)
    .showHelpAfterError('(muster-agent --help shows the commands)')
  const load = COMMANDS.get(asked ?? '')
  const loaders = load === undefined ? [...COMMANDS.values()] : [load]
  for (const register of await Promise.all(loaders.map((one) => one()))) register(program, io)
  return program
}

/** Runs one command line to its end; the exit code goes to `io`. Never rejects. */
export async function runProgramLine(io: CommandIo, args: readonly string[]): Promise<void> {
  try {
    await withoutExit(await createProgram(io, args[0]), io).parseAsync(args, { from: 'user' })
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

import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import { stopSignals } from '@muster/runtime/signals.ts'
import { type Command, CommanderError } from 'commander'
import { createCommands } from './commands.ts'
import { exitCodeOf } from './exit-code.ts'

const { drain, now } = stopSignals()
now.addEventListener('abort', () => process.exit(EXIT.failed))
let exitCode: ExitCode = EXIT.done

const program = createCommands(
  {
    facts: {
      databaseUrl: process.env['DATABASE_URL'],
      meshKeyFile: process.env['MUSTER_MESH_KEY_FILE'],
      isRoot: process.getuid?.() === 0,
      folder: process.cwd(),
      builtPages: join(dirname(fileURLToPath(import.meta.url)), '..', 'web', 'dist'),
    },
    signal: drain,
    print: (line) => process.stdout.write(`${line}\n`),
    readInput: () => (process.stdin.isTTY ? Promise.resolve('') : text(process.stdin)),
  },
  (code) => {
    exitCode = code
  },
)

// Not awaited at the top level: the single executable holds CommonJS, which has no such await.
void run()

async function run(): Promise<void> {
  try {
    await throwInsteadOfExit(program).parseAsync(process.argv)
  } catch (error) {
    exitCode = exitCodeOf(error)
    // Commander has said what is wrong by itself.
    if (!(error instanceof CommanderError)) report(error)
  }
  process.exitCode = exitCode
}

function throwInsteadOfExit(command: Command): Command {
  for (const child of command.commands) throwInsteadOfExit(child)
  return command.exitOverride()
}

function report(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  const hint = error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? `\n${error.hint}` : ''
  process.stderr.write(`muster-coordinator: ${message}${hint}\n`)
}

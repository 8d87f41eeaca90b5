import { EXIT } from '@muster/runtime/exit.ts'
import { stopSignals } from '@muster/runtime/signals.ts'
import type { CommandIo } from './cli/command-io.ts'
import { runProgramLine } from './cli/program.ts'

let signal: AbortSignal | undefined

const io: CommandIo = {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  // The daemon listens for signals in its own way, so nothing listens before a command asks.
  get signal() {
    signal ??= stopSignals().drain
    return signal
  },
  setExitCode(code) {
    process.exitCode = code
  },
}

// A reader that has seen enough (head, less) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  throw error
})

// Not awaited at the top level: the single executable holds CommonJS, which has no such await.
void runProgramLine(io, process.argv.slice(2))

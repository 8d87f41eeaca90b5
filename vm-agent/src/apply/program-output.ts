import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileFault } from './apply-error.ts'
import type { ProgramRun } from './apply-report.ts'
import type { Machine } from './machine.ts'
import type { ProgramResult } from './run-program.ts'

/** Most output of one script or command that is kept. */
export const OUTPUT_LIMIT = 1024 * 1024

/**
 * Keeps the output of a script or command in a file (0600) of the state directory, and sums the run up. The output
 * itself goes nowhere else: people write tokens into scripts, and scripts print them.
 */
export async function keepOutput(machine: Machine, address: string, result: ProgramResult): Promise<ProgramRun> {
  const directory = join(machine.setting.stateDirectory, 'output')
  const name = `${address.replace(/[^\w.-]+/g, '-').slice(0, 80)}.log`
  const outputPath = result.outputBytes === 0 ? undefined : join(directory, name)
  if (outputPath !== undefined) {
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await writeFile(outputPath, result.output, { mode: 0o600 })
    } catch (error) {
      throw fileFault(error, outputPath, 'written')
    }
  }
  return {
    address,
    exitCode: result.exitCode,
    isTimedOut: result.isTimedOut,
    durationMs: result.durationMs,
    outputLines: countLines(result.output),
    outputPath,
  }
}

/** A run in words, without its output. */
export function describeRun(run: ProgramRun): string {
  const end = run.isTimedOut
    ? 'was stopped at its time limit'
    : run.exitCode === undefined
      ? 'was ended by a signal'
      : `ended with exit code ${run.exitCode}`
  const output = run.outputPath === undefined ? 'no output' : `${run.outputLines} lines of output in ${run.outputPath}`
  return `${end} after ${(run.durationMs / 1000).toFixed(1)} s, ${output}`
}

function countLines(bytes: Uint8Array): number {
  let lines = 0
  for (const byte of bytes) if (byte === 0x0a) lines += 1
  return bytes.length > 0 && bytes.at(-1) !== 0x0a ? lines + 1 : lines
}

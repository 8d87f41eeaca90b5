import { spawnSync } from 'node:child_process'
import { BuildError } from './build-error.ts'

/** Where a tool runs, and what it gets beside the environment of this process. */
export interface ToolOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/**
 * Runs a program of the machine to its end.
 *
 * @returns what it printed
 * @throws {BuildError} when it is missing or fails
 */
export function runTool(program: string, args: readonly string[], options: ToolOptions = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...options,
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
  })
  if (error !== undefined) {
    throw new BuildError(`${program} cannot be started: ${error.message}`, `Install ${program} and run this again.`)
  }
  if (status !== 0) throw new BuildError(`${program} ended with ${status}`, `${stdout}${stderr}`.trim())
  return stdout
}

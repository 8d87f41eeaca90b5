import { spawnSync } from 'node:child_process'

/** Cost of a program with all that it started and waited for. */
export interface Cost {
  readonly wallMs: number
  /** User and system time together. */
  readonly cpuMs: number
}

/**
 * Runs a program to its end and takes its cost, from bash's `time`, which counts waited-for descendants as well.
 *
 * @throws when it ends with another code than 0; its output is in the message
 */
export function measureProgram(argv: readonly string[]): Cost {
  const script = 'TIMEFORMAT="muster-cost %3R %3U %3S"; time "$@"'
  const { status, stderr, stdout } = spawnSync('bash', ['-c', script, 'bash', ...argv], { encoding: 'utf8' })
  const match = /muster-cost ([\d.]+) ([\d.]+) ([\d.]+)/.exec(stderr)
  if (status !== 0 || match === null) throw new Error(`${argv[0]} ended with ${status}:\n${stdout}${stderr}`)
  const [wall = 0, user = 0, system = 0] = match.slice(1).map(Number)
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 }
}

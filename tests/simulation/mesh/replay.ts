import fc from 'fast-check'
import { schedules } from './faults.ts'
import { runSchedule } from './run-schedule.ts'

/**
 * `node tests/simulation/mesh/replay.ts SEED [PATH] [--runs N]`: tries the schedules that fast-check makes of a seed,
 * as the test does. With the path that a failure printed only that one; with `--runs` more of them. Prints the
 * shrunk schedule and what went wrong with it. Ends with 1 when something did.
 */
function main(args: readonly string[]): number {
  const runsAt = args.indexOf('--runs')
  const numRuns = runsAt < 0 ? 40 : Number(args[runsAt + 1])
  const [seed, path] = runsAt < 0 ? args : args.slice(0, runsAt)
  if (seed === undefined || !Number.isInteger(Number(seed)) || !Number.isInteger(numRuns)) {
    say('usage: node tests/simulation/mesh/replay.ts SEED [PATH] [--runs N]')
    return 64
  }
  const property = fc.property(schedules, (schedule) => runSchedule(schedule).problems.length === 0)
  const found = fc.check(property, { seed: Number(seed), numRuns, ...(path === undefined ? {} : { path }) })
  const [worst] = found.counterexample ?? []
  if (worst === undefined) {
    say(`seed ${seed}: ${found.numRuns} schedules, nothing wrong`)
    return 0
  }
  const { problems, traceHash } = runSchedule(worst)
  say(`seed ${seed}, path ${found.counterexamplePath}, trace ${traceHash}`)
  say(JSON.stringify(worst, undefined, 1))
  for (const problem of problems) say(problem)
  return 1
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

process.exitCode = main(process.argv.slice(2))

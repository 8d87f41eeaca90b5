import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { PROJECT_ROOT } from '../program.ts'
import { agentStart } from './agent-start.ts'
import { applyBesideCloudInit } from './apply-beside-cloud-init.ts'
import { bootCost } from './boot-cost.ts'
import { bootStorm } from './boot-storm.ts'
import { claimToApplied } from './claim-to-applied.ts'
import { coordinatorRequests } from './coordinator-requests.ts'
import { decodeAndPlan } from './decode-and-plan.ts'
import { meshBesideSerf } from './mesh-beside-serf.ts'
import { meshSimulation } from './mesh-simulation.ts'
import { meshSoak } from './mesh-soak.ts'
import { type Benchmark, type BenchOptions, type BenchResult, renderResult } from './report.ts'

const BENCHMARKS: readonly Benchmark[] = [
  decodeAndPlan,
  applyBesideCloudInit,
  agentStart,
  bootCost,
  claimToApplied,
  coordinatorRequests,
  bootStorm,
  meshSimulation,
  meshBesideSerf,
  meshSoak,
]

const HELP = `npm run bench [-- NAME… --quick --minutes N]

Prints a table for each benchmark, each figure beside its peer or its target, and writes
all numbers as JSON to bench-results/. Ends with 1 when a target was missed or a benchmark
failed. Run it on a machine with nothing else to do.

  --quick       fewer repetitions: a look, not a measurement
  --minutes N   soak: watch for so long, 1 to 10080 (a week); 30 when left out

${BENCHMARKS.map(({ name, title }) => `  ${name.padEnd(16)}${title}`).join('\n')}
`
const MAX_MINUTES = 7 * 24 * 60

/** What the command line asks for; text for people when it is not understood. */
function decodeArguments(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, minutes: { type: 'string' }, help: { type: 'boolean' } },
  })
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes)
  if (minutes !== undefined && !(minutes >= 1 && minutes <= MAX_MINUTES)) {
    throw new TypeError(`--minutes takes a number from 1 to ${MAX_MINUTES}`)
  }
  return { isHelp: values.help === true, isQuick: values.quick === true, minutes, wanted: positionals }
}

async function main(args: readonly string[]): Promise<number> {
  let asked: ReturnType<typeof decodeArguments>
  try {
    asked = decodeArguments(args)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}; see npm run bench -- --help`)
    return 64
  }
  const { isHelp, isQuick, minutes, wanted } = asked
  if (isHelp) {
    console.log(HELP)
    return 0
  }
  const unknown = wanted.filter((name) => BENCHMARKS.every((benchmark) => benchmark.name !== name))
  if (unknown.length > 0) {
    console.error(`no benchmark ${unknown.join(', ')}; there are: ${BENCHMARKS.map(({ name }) => name).join(', ')}`)
    return 64
  }
  const options: BenchOptions = {
    runs: isQuick ? 3 : 12,
    loadSeconds: isQuick ? 1 : 4,
    ...(minutes === undefined ? {} : { minutes }),
    say: (line) => console.error(line),
  }
  const results: BenchResult[] = []
  let isGood = true
  for (const benchmark of BENCHMARKS) {
    if (wanted.length > 0 && !wanted.includes(benchmark.name)) continue
    const missing = benchmark.missing()
    if (missing !== undefined) {
      console.log(`${benchmark.title}\nnot run here: ${missing}\n`)
      continue
    }
    try {
      const result = await benchmark.run(options)
      results.push(result)
      console.log(renderResult(result))
      isGood &&= result.targets.every(({ isMet }) => isMet)
    } catch (error) {
      // The numbers of the others are worth having all the same.
      console.log(`${benchmark.title}\nFAILED: ${error instanceof Error ? error.message : String(error)}\n`)
      isGood = false
    }
  }
  writeResults(results)
  return isGood ? 0 : 1
}

function writeResults(results: readonly BenchResult[]): void {
  const folder = join(PROJECT_ROOT, 'bench-results')
  mkdirSync(folder, { recursive: true })
  const measuredAt = new Date().toISOString()
  const machine = {
    cpus: cpus().length,
    cpuModel: cpus()[0]?.model ?? '',
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    architecture: arch(),
    node: process.version,
  }
  const path = join(folder, `${measuredAt.replaceAll(':', '-').slice(0, 19)}.json`)
  writeFileSync(path, `${JSON.stringify({ measuredAt, machine, results }, undefined, 2)}\n`)
  console.log(`numbers: ${path.slice(PROJECT_ROOT.length + 1)}`)
}

process.exitCode = await main(process.argv.slice(2))

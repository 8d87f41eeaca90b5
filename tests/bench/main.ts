import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
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
import { type Benchmark, type BenchResult, renderResult } from './report.ts'

/**
 * `npm run bench [-- NAME…] [--quick]`: prints a table for each benchmark and writes all numbers as JSON to
 * `bench-results/`. Ends with 1 when a target was missed or a benchmark failed.
 */
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

async function main(args: readonly string[]): Promise<number> {
  const isQuick = args.includes('--quick')
  const wanted = args.filter((arg) => !arg.startsWith('--'))
  const unknown = wanted.filter((name) => BENCHMARKS.every((benchmark) => benchmark.name !== name))
  if (unknown.length > 0) {
    console.error(`no benchmark ${unknown.join(', ')}; there are: ${BENCHMARKS.map(({ name }) => name).join(', ')}`)
    return 64
  }
  const options = { runs: isQuick ? 3 : 12, loadSeconds: isQuick ? 1 : 4, say: (line: string) => console.error(line) }
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

import { planContext } from '@muster/contexts/plan/plan-context.ts'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import { Bench } from 'tinybench'
import { FACTS } from '../browser/contexts-entry.ts'
import { PUBLIC_CONTEXTS, readPublicContext } from '../public-contexts/public-context.ts'
import type { Benchmark, BenchRow } from './report.ts'

/** Time from text to plan, for each public context. */
export const decodeAndPlan: Benchmark = {
  name: 'decode',
  title: 'From the text of a context to its plan',
  missing: () => undefined,
  async run({ loadSeconds }) {
    const bench = new Bench({ time: loadSeconds * 250, warmupTime: 200 })
    const texts = new Map(PUBLIC_CONTEXTS.map((name) => [name as string, readPublicContext(name)]))
    for (const [name, text] of texts) bench.add(name, () => planContext(decodeContext(text), FACTS))
    await bench.run()
    const rows = bench.tasks.map(({ name, result }): BenchRow => {
      if (!('latency' in result)) throw new Error(`${name} was not measured: ${result.state}`)
      const bytes = Buffer.byteLength(texts.get(name) ?? '')
      return {
        what: name,
        numbers: {
          bytes,
          'median µs': result.latency.p50 * 1000,
          'p99 µs': result.latency.p99 * 1000,
          'contexts/s': 1000 / result.latency.p50,
          'MB/s': bytes / result.latency.p50 / 1000,
        },
      }
    })
    return { name: this.name, title: this.title, rows, targets: [], notes: ['in one process, warm; no file is read'] }
  },
}

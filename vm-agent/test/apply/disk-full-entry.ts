import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestText } from '@muster/contexts/context/digest.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { applyContext } from '../../src/apply/apply-context.ts'
import { readFacts } from '../../src/facts/read-facts.ts'
import { fillFiles, snapshotFiles } from './full-disk-tree.ts'

/** Applies on a small file system that has less and less space left, and prints what came of it. */
const place = process.argv[2] ?? ''
const root = join(place, 'tree')
mkdirSync(root)
fillFiles(root)
const before = snapshotFiles(root)
const outcomes: string[] = []
const codes: string[] = []
let isSame = true

const text = `[cernvm]\nusers=ann:ann:$6$s$abc\nenvironment=${Array.from({ length: 40 }, (_, i) => `V${i}=${'x'.repeat(400)}`).join(',')}\n`
for (const freeBytes of [0, 8192, 16_384, 24_576]) {
  const stateDirectory = join(place, `state-${freeBytes}`)
  mkdirSync(join(stateDirectory, 'journal'), { recursive: true, mode: 0o700 })
  const filler = join(place, 'filler')
  fillDisk(filler, freeBytes)
  const report = await applyContext(
    { root, stateDirectory, clock: systemClock, random: systemRandom, log: silentLog, readFacts },
    { text, context: { name: 'full', digest: digestText(text) }, isStrict: false },
  ).catch((error: unknown) => ({ summary: { outcome: 'rolled-back' }, error: error as { code: string } }))
  outcomes.push(report.summary.outcome)
  codes.push(report.error?.code ?? 'none')
  isSame &&= JSON.stringify(snapshotFiles(root)) === JSON.stringify(before)
  rmSync(filler)
  rmSync(stateDirectory, { recursive: true })
}
process.stdout.write(JSON.stringify({ outcomes, codes, isSame }))

function fillDisk(path: string, freeBytes: number): void {
  const reserve = join(place, 'reserve')
  writeFileSync(reserve, new Uint8Array(freeBytes).fill(1))
  for (const size of [65_536, 4096]) {
    try {
      for (;;) writeFileSync(path, new Uint8Array(size).fill(1), { flag: 'a' })
    } catch {
      // Full for pieces of this size.
    }
  }
  rmSync(reserve)
}

import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import type { TokenEntry } from '../../src/admission/join-token.ts'
import { openMeshKeeping } from '../../src/keeping/open-keeping.ts'
import { START } from '../admission/cluster.ts'
import { lifeOf } from './token-lives.ts'

/** Keeps things on a small file system that gets full and empty again, and prints what came of it. */
const place = process.argv[2] ?? ''
const parts = { clock: { now: () => START }, random: systemRandom, log: silentLog }
const folder = join(place, 'mesh')
const keeping = await openMeshKeeping(folder, parts)
const journal = await keeping.journal()
await journal.load()
await keeping.saveDocuments({ certificate: 'old.old.old' })

const filler = join(place, 'filler')
for (const size of [65_536, 4096, 1]) fill(size)
const told: TokenEntry[] = []
let rejected: TokenEntry | undefined
let code = 'none'
for (let slot = 0; rejected === undefined && slot < 200; slot++) {
  for (const entry of lifeOf(slot, true)) {
    if (rejected !== undefined) break
    await journal.append(entry).then(
      () => told.push(entry),
      (error: { code: string }) => {
        rejected = entry
        code = error.code
      },
    )
  }
}
const saved = await keeping.saveDocuments({ certificate: 'new.new.new' }).then(
  () => 'saved',
  (error: { code: string; hint: string }) => `${error.code}: ${error.hint}`,
)
const whileFull = (await openMeshKeeping(folder, parts)).documents().certificate
const freeWhileFull = statfsSync(place).bavail
rmSync(filler)

const [last] = lifeOf(1000, false)
if (last !== undefined) await journal.append(last)
await keeping.saveDocuments({ certificate: 'new.new.new' })
const after = await openMeshKeeping(folder, parts)
const found = await (await after.journal()).load()
const wanted = [...told, last]
const withRejected = [...told, rejected, last]
const isAsTold = [wanted, withRejected].some((list) => JSON.stringify(list) === JSON.stringify(found))
const { certificate } = after.documents()
process.stdout.write(
  JSON.stringify({ code, saved, whileFull, freeWhileFull, isAsTold, certificate, told: told.length }),
)

function fill(size: number): void {
  try {
    for (;;) writeFileSync(filler, new Uint8Array(size).fill(1), { flag: 'a' })
  } catch {
    // Full for pieces of this size.
  }
}

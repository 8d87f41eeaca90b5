import { readdirSync } from 'node:fs'
import { openBlobStore } from '@muster/mesh/blobs/disk-store.ts'
import { MeshError } from '@muster/mesh/fault.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'

/** Writes more than the disk takes into the folder that is its argument, and prints what came of it. */
const folder = process.argv[2] ?? ''
const store = await openBlobStore(folder, { clock: systemClock, maxBytes: 10_000_000, maxBlobBytes: 10_000_000 })
const first = await store.put(createSeededRandom(1).bytes(100_000))
const code = await store.put(createSeededRandom(2).bytes(400_000)).then(
  () => 'none',
  (error: unknown) => (error instanceof MeshError ? error.code : String(error)),
)
const files = readdirSync(folder).length
const reader = await store.open(first)
const isFirstSound = (await reader?.bytes())?.length === 100_000
await reader?.close()
const isSmallKept = store.has(await store.put(createSeededRandom(3).bytes(50_000)))
process.stdout.write(JSON.stringify({ code, files, isFirstSound, isSmallKept }))

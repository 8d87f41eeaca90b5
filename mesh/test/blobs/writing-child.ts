import { blobIdOf } from '@muster/mesh/blobs/blob-id.ts'
import { openBlobStore } from '@muster/mesh/blobs/disk-store.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'

/** Writes one blob after the other into the folder that is its argument, names each when it is kept, until it is killed. */
const store = await openBlobStore(process.argv[2] ?? '', {
  clock: systemClock,
  maxBytes: 4_000_000,
  maxBlobBytes: 1_000_000,
})
for (let seed = 1; ; seed++) {
  const content = createSeededRandom(seed).bytes(60_000)
  const writer = await store.begin(blobIdOf(content))
  for (let at = 0; at < content.length; at += 10_000) await writer.write(content.subarray(at, at + 10_000))
  await writer.finish()
  process.stdout.write(`${blobIdOf(content)}\n`)
}

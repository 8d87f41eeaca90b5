import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { blobIdOf } from '@muster/mesh/blobs/blob-id.ts'
import { openBlobStore } from '@muster/mesh/blobs/disk-store.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { expect, test } from 'vitest'

test.each([1, 4, 9])(
  'a process that is killed while it writes, after %i blobs: these are there, and nothing else is',
  async (count) => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-blobs-'))
    try {
      const kept = await writeAndKill(folder, count)
      const store = await openBlobStore(folder, { clock: systemClock, maxBytes: 4_000_000, maxBlobBytes: 1_000_000 })
      for (const id of kept) {
        const reader = await store.open(id)
        expect(blobIdOf((await reader?.bytes()) ?? new Uint8Array())).toBe(id)
        await reader?.close()
      }
      // One more may have been kept without having been named.
      expect(store.usage().blobs - kept.length).toBeGreaterThanOrEqual(0)
      expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([])
      for (const id of readdirSync(folder)) {
        const reader = await store.open(id)
        expect(reader?.size).toBe(60_000)
        await reader?.close()
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

/** @returns the blobs that the process has named before it died */
async function writeAndKill(folder: string, count: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writing-child.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const kept: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    kept.push(line)
    if (kept.length === count) child.kill('SIGKILL')
  }
  await closed
  return kept
}

import { statfs } from 'node:fs/promises'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Store } from '../store/store.ts'

/** Below this the data folder's disk counts as full. */
const MIN_FREE_BYTES = 50 * 1024 * 1024

/** One thing that was looked at. */
export interface HealthCheck {
  readonly name: 'store' | 'migrations' | 'disk'
  readonly isOk: boolean
  readonly detail: string
  /** How long looking took. */
  readonly durationMs: number
}

/** Looks at everything that is needed to answer requests. */
export type CheckHealth = () => Promise<readonly HealthCheck[]>

/** What is looked at. */
export interface HealthDeps {
  readonly store: Store
  readonly clock: Clock
  /** Absent when the data is on a server. */
  readonly dataFolder: string | undefined
}

/** Creates the check. */
export function createHealthCheck({ store, clock, dataFolder }: HealthDeps): CheckHealth {
  async function timed(name: HealthCheck['name'], look: () => Promise<string>): Promise<HealthCheck> {
    const start = clock.monotonic()
    const rounded = () => Math.round((clock.monotonic() - start) * 10) / 10
    try {
      const detail = await look()
      return { name, isOk: true, detail, durationMs: rounded() }
    } catch (error) {
      return { name, isOk: false, detail: error instanceof Error ? error.message : 'failed', durationMs: rounded() }
    }
  }
  return async () => [
    await timed('store', async () => {
      await store.ping()
      return store.kind
    }),
    await timed('migrations', async () => {
      const { applied, pending } = await store.migrations()
      if (pending.length > 0) throw new Error(`not applied: ${pending.join(', ')}`)
      return applied.at(-1) ?? 'none'
    }),
    await timed('disk', () => diskDetail(dataFolder)),
  ]
}

async function diskDetail(folder: string | undefined): Promise<string> {
  if (folder === undefined) return 'the data is on a server'
  const { bavail, bsize } = await statfs(folder)
  const freeBytes = bavail * bsize
  const freeMiB = Math.floor(freeBytes / 1024 / 1024)
  if (freeBytes < MIN_FREE_BYTES) throw new Error(`only ${freeMiB} MiB free`)
  return `${freeMiB} MiB free`
}

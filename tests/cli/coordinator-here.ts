import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '@muster/coordinator/app.ts'
import { createArgon2Hasher } from '@muster/coordinator/password.ts'
import { openStore } from '@muster/coordinator/store/store.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'

/** A coordinator inside this process, listening on a free loopback port. */
export interface CoordinatorHere {
  readonly url: string
  stop(): Promise<void>
}

/** Starts a coordinator whose password hashes are cheap; everything else is as it ships. */
export async function startCoordinatorHere(): Promise<CoordinatorHere> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-coordinator-'))
  const store = await openStore({ kind: 'sqlite', folder })
  await store.migrate()
  const passwordHasher = createArgon2Hasher(systemRandom, { memoryKiB: 64, passes: 1, parallelism: 1 })
  const app = await buildApp({ store, clock: systemClock, random: systemRandom, log: silentLog, passwordHasher })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    async stop() {
      await app.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

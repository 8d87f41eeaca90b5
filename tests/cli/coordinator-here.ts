import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '@muster/coordinator/app.ts'
import { openMeshes } from '@muster/coordinator/mesh/open-meshes.ts'
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

/**
 * Starts a coordinator whose password hashes are cheap and whose mesh listens on a free loopback port; everything else is
 * as it ships.
 */
export async function startCoordinatorHere(): Promise<CoordinatorHere> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-coordinator-'))
  const store = await openStore({ kind: 'sqlite', folder })
  await store.migrate()
  const passwordHasher = createArgon2Hasher(systemRandom, { memoryKiB: 64, passes: 1, parallelism: 1 })
  const deps = { store, clock: systemClock, random: systemRandom, log: silentLog }
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const mesh = openMeshes(
    systemRandom.bytes(32),
    { listen, announce: [], isRelay: true, isMulticastEnabled: false },
    deps,
  )
  const app = await buildApp({ ...deps, passwordHasher, meshes: mesh.meshes })
  const stopper = new AbortController()
  const ready = Promise.withResolvers<void>()
  const meshEnded = mesh.service.run({ signal: stopper.signal, ready: ready.resolve })
  await ready.promise
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    async stop() {
      await app.close()
      stopper.abort()
      await meshEnded
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

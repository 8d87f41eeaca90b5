import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import { runServices } from '@muster/runtime/service.ts'
import { buildApp } from './app.ts'
import type { CoordinatorConfig } from './config.ts'
import { openKeyFile } from './mesh/key-file.ts'
import { openMeshes } from './mesh/open-meshes.ts'
import { createSweeper } from './operator/sweep.ts'
import { createArgon2Hasher } from './password.ts'
import { openReleases } from './releases/open-releases.ts'
import { createCoordinatorService, createFollower, createStoreService } from './service.ts'
import type { Store } from './store/store.ts'

/** What a running coordinator needs. */
export interface ServeDeps {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** Told where it listens, once it does. */
  readonly onListening: (origin: string) => void
}

/** Runs the coordinator on an open store until the signal aborts; closes the store at the end. */
export async function serve(config: CoordinatorConfig, deps: ServeDeps): Promise<void> {
  const { store, clock, random, log, signal } = deps
  const applied = await store.migrate()
  if (applied.length > 0) log.info({ applied }, 'store migrated')
  const mesh =
    config.mesh === undefined
      ? undefined
      : openMeshes(await openKeyFile(config.mesh.keyFile, random), config.mesh, { store, clock, random, log })
  if (mesh === undefined) log.info({}, 'the mesh is off')
  const releases = config.releases === undefined ? undefined : await openReleases(config.releases)
  const app = await buildApp(
    {
      store,
      clock,
      random,
      log,
      passwordHasher: createArgon2Hasher(random),
      ...(mesh === undefined ? {} : { meshes: mesh.meshes }),
      ...(releases === undefined ? {} : { releases }),
    },
    {
      webRoot: config.webRoot,
      isRegistrationOpen: config.isRegistrationOpen,
      hasProcessMetrics: config.hasProcessMetrics,
      ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
      ...(config.trustedProxies.length === 0 ? {} : { trustedProxies: config.trustedProxies }),
      ...(config.store.kind === 'sqlite' ? { dataFolder: config.store.folder } : {}),
    },
  )
  const services = [
    createStoreService(store),
    ...(store.follow === undefined ? [] : [createFollower(store.follow, { clock, random, log })]),
    createSweeper(() => app.sweep(), { clock, random, log }),
    ...(mesh === undefined ? [] : [mesh.service]),
    createCoordinatorService(app, config.listen, (origin) => {
      log.info({ origin, publicUrl: config.publicUrl ?? origin }, 'listening')
      deps.onListening(origin)
    }),
  ]
  await runServices(services, { signal, stopTimeoutMs: config.stopTimeoutMs, clock, log })
  log.info({}, 'stopped')
}

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createIdentity } from '@muster/mesh/admission/identity.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { CoordinatorConfig } from '../config.ts'
import { readKeyFile } from '../mesh/key-file.ts'
import { examineReleases } from '../releases/examine.ts'
import { SQLITE_FILE, type Store } from '../store/store.ts'
import { createHealthCheck } from './health.ts'

/** One thing the doctor looked at. */
export interface Finding {
  readonly check: string
  readonly severity: 'ok' | 'warning' | 'error'
  readonly detail: string
  /** What to do about it. */
  readonly fix?: string
}

/** A release of this program is not older than this; a clock before it is wrong. */
const EARLIEST_PLAUSIBLE_MS = Date.UTC(2026, 0, 1)

/** Looks at everything that an operator can set right, whether or not the coordinator runs. */
export async function examine(config: CoordinatorConfig, store: Store, clock: Clock): Promise<readonly Finding[]> {
  const dataFolder = config.store.kind === 'sqlite' ? config.store.folder : undefined
  const health = await createHealthCheck({ store, clock, dataFolder })()
  return [
    ...health.map(
      ({ name, isOk, detail }): Finding =>
        isOk ? { check: name, severity: 'ok', detail } : { check: name, severity: 'error', detail, fix: FIXES[name] },
    ),
    await checkIntegrity(store),
    ...(dataFolder === undefined ? [] : [await checkPrivacy(join(dataFolder, SQLITE_FILE))]),
    checkPublicUrl(config),
    await checkMesh(config, store),
    ...(await examineReleases(config.releases)),
    checkClock(clock),
  ]
}

const FIXES = {
  store: 'Check that the store is reachable and that this user may use it.',
  migrations: 'Run `muster-coordinator migrate`.',
  disk: 'Free space on the disk of the data folder.',
} as const

async function checkIntegrity(store: Store): Promise<Finding> {
  const [problem] = await store.integrity()
  if (problem === undefined) return { check: 'integrity', severity: 'ok', detail: 'the store is sound' }
  return { check: 'integrity', severity: 'error', detail: problem, fix: 'Restore the latest backup into a new folder.' }
}

async function checkPrivacy(file: string): Promise<Finding> {
  const { mode } = await stat(file)
  const shown = (mode & 0o777).toString(8).padStart(3, '0')
  if ((mode & 0o077) === 0) return { check: 'privacy', severity: 'ok', detail: `${file} has mode ${shown}` }
  return { check: 'privacy', severity: 'error', detail: `${file} has mode ${shown}`, fix: `chmod 600 ${file}` }
}

function checkPublicUrl({ publicUrl, listen }: CoordinatorConfig): Finding {
  const check = 'public-url'
  const isLocal = /^(127\.|localhost$|::1$)/.test(listen.host)
  if (publicUrl === undefined && isLocal) return { check, severity: 'ok', detail: 'only this machine can reach it' }
  if (publicUrl?.startsWith('https:')) return { check, severity: 'ok', detail: publicUrl }
  return {
    check,
    severity: 'warning',
    detail: publicUrl === undefined ? 'not set' : `${publicUrl} is not encrypted`,
    fix: 'Put a TLS proxy in front and set public-url to its https address.',
  }
}

/** Whether there is the key that the members of the clusters trust. */
async function checkMesh({ mesh, store: location }: CoordinatorConfig, store: Store): Promise<Finding> {
  const check = 'mesh'
  if (mesh === undefined) {
    if (location.kind === 'sqlite') return { check, severity: 'ok', detail: 'off' }
    const fix = 'Name a file for its key with mesh-key-file in one of the coordinators, or say mesh = off.'
    return { check, severity: 'warning', detail: 'off, since no mesh-key-file is named', fix }
  }
  const fix = `Put the key back: FILE.mesh-key of a backup, as ${mesh.keyFile}.`
  try {
    const seed = await readKeyFile(mesh.keyFile)
    const peer = seed === undefined ? undefined : createIdentity(seed).peer
    const { pending } = await store.migrations()
    const clusters = pending.length === 0 ? await store.read.clusters.all() : []
    const foreign = clusters.filter(({ coordinator }) => coordinator !== peer).length
    if (foreign > 0) return { check, severity: 'error', detail: `${foreign} clusters trust another key`, fix }
    return { check, severity: 'ok', detail: peer ?? 'its key is made at the first start' }
  } catch (error) {
    return { check, severity: 'error', detail: error instanceof Error ? error.message : String(error), fix }
  }
}

function checkClock(clock: Clock): Finding {
  const detail = new Date(clock.now()).toISOString()
  if (clock.now() >= EARLIEST_PLAUSIBLE_MS) return { check: 'clock', severity: 'ok', detail }
  return { check: 'clock', severity: 'error', detail, fix: 'Set the clock of this machine; sessions depend on it.' }
}

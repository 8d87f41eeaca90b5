import type { ApiClient } from '@muster/contexts/api/client.ts'
import { annotate } from '@muster/contexts/userdata/annotate.ts'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import type { Cluster, ClusterMesh, MeshMember, NewCluster } from '@muster/contexts/wire/clusters.ts'
import { displayName } from './checked-context.ts'
import { CliError } from './cli-error.ts'
import { openServer } from './server.ts'
import { readBytes } from './text-file.ts'
import type { CliWorld } from './world.ts'

/** A definition from a file with all its problems. */
export interface CheckedCluster {
  /** Name of the file as given; `<stdin>` for standard input. */
  readonly file: string
  readonly diagnostics: readonly Diagnostic[]
  /** Undefined when there is an error. */
  readonly cluster: NewCluster | undefined
}

/** Longest file that is read, in bytes: characters of the limit may have several. */
const MAX_FILE_BYTES = 1024 * 1024
const MINUTE_S = 60
const HOUR_S = 3600

/** Reads and checks a definition file, offline; warnings and errors are shown. @throws {CliError} bad-file */
export async function checkCluster(world: CliWorld, file: string): Promise<CheckedCluster> {
  const bytes = await readBytes(world.terminal, file, MAX_FILE_BYTES)
  const text = new TextDecoder().decode(bytes)
  // The reader of YAML is loaded when a file has to be read.
  const { decodeClusterFile } = await import('@muster/contexts/cluster/definition-file.ts')
  const { cluster, diagnostics } = decodeClusterFile(text)
  if (diagnostics.length > 0) {
    world.terminal.warn(annotate(diagnostics, text, { file: displayName(file) }).trimEnd())
  }
  return { file: displayName(file), diagnostics, cluster }
}

/** The error of a definition that cannot be used; its problems were shown before. */
export function invalidCluster({ file, diagnostics }: CheckedCluster): CliError {
  const count = diagnostics.filter(({ severity }) => severity === 'error').length
  return new CliError('invalid-context', `${file} has ${count === 1 ? 'an error' : `${count} errors`}`, {
    hint: 'Correct what is listed above.',
  })
}

/** A cluster by its name or id. @throws {CliError} not-found */
export async function findCluster(world: CliWorld, api: ApiClient, wanted: string): Promise<Cluster> {
  const call = { signal: world.signal }
  if (/^clu_[0-9a-z]{26}$/.test(wanted)) return (await api.clusters.get(wanted, call)).value
  const { items } = await api.clusters.list({ name: wanted, ...call })
  const [found] = items
  if (found !== undefined) return found
  throw new CliError('not-found', `You have no cluster named "${wanted}"`, {
    hint: 'See them with "muster cluster list".',
  })
}

/** `service/slot`, as members are named. */
export function placeOf({ service, slot }: MeshMember): string {
  return `${service}/${slot}`
}

/** A time that has passed, short: `3 s`, `12 min`, `5 h`. */
export function describeAge(ageMs: number | undefined): string {
  if (ageMs === undefined) return ''
  const seconds = Math.round(ageMs / 1000)
  if (seconds < 2 * MINUTE_S) return `${seconds} s`
  return seconds < 2 * HOUR_S ? `${Math.round(seconds / MINUTE_S)} min` : `${Math.round(seconds / HOUR_S)} h`
}

/** Between two looks of `--watch`. */
const WATCH_MS = 2000

/** How the mesh of a cluster is shown. */
export interface MeshShow {
  readonly isWatching: boolean
  /** For people; what is left out of `essence` may differ without being shown anew. */
  readonly lines: (mesh: ClusterMesh) => string
  /** For programs. */
  readonly json: (mesh: ClusterMesh) => unknown
  /** What makes a difference: without ages. */
  readonly essence: (mesh: ClusterMesh) => unknown
}

/** Shows the mesh once, or again whenever it is another, until Ctrl-C. */
export async function showMesh(world: CliWorld, wanted: string, show: MeshShow): Promise<void> {
  const api = await openServer(world)
  const { id } = await findCluster(world, api, wanted)
  let shown: string | undefined
  do {
    const mesh = await api.clusters.mesh(id, { signal: world.signal })
    const essence = JSON.stringify(show.essence(mesh))
    if (essence !== shown) {
      world.terminal.print(shown === undefined ? show.lines(mesh) : `\n${show.lines(mesh)}`)
      world.terminal.printJson(show.json(mesh))
    }
    shown = essence
    if (show.isWatching) await world.clock.sleep(WATCH_MS, world.signal)
  } while (show.isWatching)
}

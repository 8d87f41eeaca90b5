import type { PeerId } from '@muster/mesh/admission/membership.ts'
import { nextDirectory } from '@muster/mesh/directory/next.ts'
import { resolve, serviceNames } from '@muster/mesh/directory/resolve.ts'
import { type DirectoryState, initialDirectory } from '@muster/mesh/directory/state.ts'
import { type AnswerDifference, diffAnswers } from '@muster/mesh/directory/watch.ts'
import type { MemberView, Mesh, MeshCounts, MeshPhase, TraceEntry } from '@muster/mesh/node/mesh.ts'
import type { ServicePayload } from '@muster/mesh/records/payloads.ts'
import type { MemberStatus } from '@muster/mesh/witness/state.ts'
import type { Clock } from '@muster/runtime/clock.ts'

/** A mesh without a network: the real directory, told by a test what happens in the cluster. */
export interface Cluster {
  readonly mesh: Mesh
  /** A member says where its service is. */
  state(peer: PeerId, service: string, payload: Partial<ServicePayload>): void
  see(peer: PeerId, status: MemberStatus | undefined): void
  setPhase(phase: MeshPhase): void
  setMembers(members: readonly MemberView[]): void
  happen(entry: TraceEntry): void
  /** Listeners of the mesh now. */
  listening(): number
}

const COUNTS: MeshCounts = {
  members: { alive: 3, suspect: 1, gone: 0, left: 0 },
  connectionsNow: 2,
  recordsNow: 9,
  recordsReceived: 40,
  recordsRefused: new Map([['malformed', 2]]),
  syncs: 5,
  syncFailures: 1,
  dials: 3,
  dialFailures: 1,
  suspicions: 1,
  refutations: 0,
  blobsServed: 0,
  blobBytesServed: 0,
  blobsFetched: 1,
  traffic: { receivedBytes: 1_000, sentBytes: 2_000 },
}

/** A cluster named `analysis`, seen by `self` in the cloud `north`. */
export function createCluster(clock: Clock, self = 'self' as PeerId): Cluster {
  let directory: DirectoryState = initialDirectory(self, 'north')
  let phase: MeshPhase = { phase: 'member' }
  let members: readonly MemberView[] = []
  let sequence = 0
  const trace: TraceEntry[] = []
  const changed = new Set<() => void>()
  const traced = new Set<(entry: TraceEntry) => void>()
  const watchers = new Set<(difference: AnswerDifference) => void>()
  const look = (service: string) => resolve(directory, service, clock.monotonic())

  function change(next: DirectoryState): void {
    const before = directory
    directory = next
    if (watchers.size > 0) tellWatchers(before)
    for (const tell of changed) tell()
  }

  function tellWatchers(before: DirectoryState): void {
    for (const name of new Set([...serviceNames(before), ...serviceNames(directory)])) {
      const difference = diffAnswers(name, resolve(before, name, clock.monotonic()), look(name))
      if (difference !== undefined) for (const tell of watchers) tell(difference)
    }
  }

  return {
    mesh: {
      cluster: 'analysis',
      self,
      phase: () => phase,
      membership: () => undefined,
      definition: () => undefined,
      resolve: look,
      services: () => serviceNames(directory),
      watch: (service, listener) =>
        listen(watchers, (one) => service === undefined || one.service === service, listener),
      used(service, owner, isOk) {
        change(nextDirectory(directory, { type: 'used', service, owner, isOk }, clock.monotonic()))
      },
      members: () => members,
      trace: () => trace,
      onTrace: (listener) => listen(traced, () => true, listener),
      counts: () => COUNTS,
      onChange: (listener) => listen(changed, () => true, listener),
    },
    state(owner, service, payload) {
      sequence += 1
      const known: ServicePayload = { cloud: 'north', address: '10.0.0.1', ports: [], health: 'passing', ...payload }
      const version = { bootId: 1, sequence, signature: new Uint8Array() }
      change(nextDirectory(directory, { type: 'stated', owner, service, version, payload: known }, clock.monotonic()))
    },
    see(peer, status) {
      change(nextDirectory(directory, { type: 'status', peer, status }, clock.monotonic()))
    },
    setPhase(next) {
      phase = next
      for (const tell of changed) tell()
    },
    setMembers(next) {
      members = next
      for (const tell of changed) tell()
    },
    happen(entry) {
      trace.push(entry)
      for (const tell of traced) tell(entry)
    },
    listening: () => changed.size + traced.size + watchers.size,
  }
}

/** Each subscription is one of its own, also when a function subscribes twice. */
function listen<T extends readonly unknown[]>(
  set: Set<(...args: T) => void>,
  isWanted: (...args: T) => boolean,
  listener: (...args: T) => void,
): () => void {
  const own = (...args: T) => {
    if (isWanted(...args)) listener(...args)
  }
  set.add(own)
  return () => void set.delete(own)
}

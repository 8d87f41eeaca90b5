import type { PeerId } from '../admission/membership.ts'
import type { BlobExchange } from '../blobs/exchange.ts'
import type { PresencePayload } from '../records/payloads.ts'
import { isKind } from '../records/record-codec.ts'
import type { MemberStatus } from '../witness/state.ts'
import { type NodeCore, timesOf } from './core.ts'
import type { MemberView, Mesh, MeshCounts } from './mesh.ts'
import { membershipOf, ownMembership, phaseOf } from './standing.ts'
import { tell } from './tell.ts'

/** What programs see of a node. @param onWatched - the services that are watched have changed */
export function createMeshView(core: NodeCore, blobs: BlobExchange, onWatched: () => void): Mesh {
  const { parts, listeners, watched } = core
  const count = (service: string, by: number) => {
    const next = (watched.get(service) ?? 0) + by
    if (next > 0) watched.set(service, next)
    else watched.delete(service)
    onWatched()
  }
  return {
    cluster: parts.trust.cluster,
    self: parts.identity.peer,
    phase: () => phaseOf(core),
    membership: () => ownMembership(core),
    definition: () => core.roster?.definition(),
    resolve: (service) => core.member?.resolve(service, timesOf(core)) ?? [],
    services: () => core.member?.services() ?? [],
    watch(service, listener) {
      const stop = listeners.answers.add((difference) => {
        if (service === undefined || difference.service === service) listener(difference)
      })
      if (service === undefined) return stop
      count(service, 1)
      let isOver = false
      return () => {
        if (isOver) return
        isOver = true
        stop()
        count(service, -1)
      }
    },
    used: (service, owner, isOk) => tell(core, { type: 'used', service, owner, isOk }),
    members: () => viewMembers(core),
    trace: () => core.trace.entries(),
    onTrace: (listener) => listeners.trace.add(listener),
    counts: () => countAll(core, blobs),
    onChange: (listener) => listeners.changes.add(listener),
  }
}

/** Everybody who is a member now, this node first, then by place. */
function viewMembers(core: NodeCore): readonly MemberView[] {
  const { roster, parts } = core
  if (roster === undefined) return []
  const self = parts.identity.peer
  const definition = roster.definition()
  const named = [definition.coordinator, ...definition.clouds.flatMap(({ agents }) => agents.map(({ peer }) => peer))]
  const peers = new Set([self, ...named, ...roster.members(parts.clock.now()).map(({ peer }) => peer)])
  const connections = new Map(parts.host.connections().map((one) => [one.peer, one]))
  const views = [...peers].flatMap((peer) => viewMember(core, peer, connections) ?? [])
  return views.toSorted(
    (left, right) => Number(right.isSelf) - Number(left.isSelf) || compareTexts(placeOf(left), placeOf(right)),
  )
}

type Connections = ReadonlyMap<PeerId, NonNullable<MemberView['connection']>>

function viewMember(core: NodeCore, peer: PeerId, connections: Connections): MemberView | undefined {
  const membership = membershipOf(core, peer)
  if (membership === undefined) return undefined
  const { member, parts } = core
  const isSelf = peer === parts.identity.peer
  const heardAt = member?.heardAt(peer)
  const presence = presenceOf(core, peer)
  const heardAgoMs = heardAt === undefined ? undefined : Math.max(0, Math.round(parts.clock.monotonic() - heardAt))
  const isNamed = membership.expiresAt === Number.MAX_SAFE_INTEGER
  return {
    peer,
    isSelf,
    role: membership.role,
    slot: membership.slot,
    status: statusOf(core, peer, isSelf),
    heardAgoMs: isSelf ? 0 : heardAgoMs,
    connection: core.connected.has(peer) ? connections.get(peer) : undefined,
    address: presence?.address,
    program: presence?.program,
    certificateExpiresAt: isNamed ? undefined : membership.expiresAt,
  }
}

/** Of whom nothing was heard yet, only a connection tells that it is there. */
function statusOf(core: NodeCore, peer: PeerId, isSelf: boolean): MemberStatus {
  if (isSelf || core.connected.has(peer)) return core.member?.statusOf(peer) ?? 'alive'
  return core.member?.statusOf(peer) ?? 'gone'
}

function presenceOf(core: NodeCore, peer: PeerId): PresencePayload | undefined {
  const record = core.member?.store.get(peer, 'presence', '')?.record
  return record !== undefined && isKind(record, 'presence') ? record.payload : undefined
}

function countAll(core: NodeCore, blobs: BlobExchange): MeshCounts {
  const members: Record<MemberStatus, number> = { alive: 0, suspect: 0, gone: 0, left: 0 }
  for (const { status } of viewMembers(core)) members[status] += 1
  const { blobsServed, blobBytesServed, blobsFetched } = blobs.counts()
  return {
    ...core.counts,
    members,
    connectionsNow: core.connected.size,
    recordsNow: core.member?.store.size() ?? 0,
    recordsRefused: core.refusals.totals(),
    blobsServed,
    blobBytesServed,
    blobsFetched,
    traffic: core.parts.host.traffic(),
  }
}

function placeOf({ slot }: MemberView): string {
  return `${slot.cloud}/${slot.service}/${String(slot.slot).padStart(10, '0')}`
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}

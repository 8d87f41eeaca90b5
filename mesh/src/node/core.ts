import type { Membership, PeerId } from '../admission/membership.ts'
import { createRefusalCounter, type RefusalCounter } from '../admission/refusals.ts'
import type { Roster } from '../admission/roster.ts'
import type { AnswerDifference } from '../directory/watch.ts'
import type { Joining } from '../joining/joining.ts'
import type { Member } from '../member/member.ts'
import type { MemberStatement, Times } from '../member/messages.ts'
import type { ClusterLink } from '../network/network-host.ts'
import type { PresencePayload, ServicePayload } from '../records/payloads.ts'
import { type Alarm, createAlarm } from './alarm.ts'
import { createListeners, type Listeners } from './listeners.ts'
import type { TraceEntry } from './mesh.ts'
import type { MeshNodeParts } from './mesh-node.ts'
import { createSyncQueue, type SyncQueue } from './sync-queue.ts'
import { createTrace, type Trace } from './trace.ts'

/** Changes within so long are told as one. */
const CHANGE_DELAY_MS = 100

/** Counts since the start, of what nobody else counts. */
export interface NodeCounts {
  recordsReceived: number
  syncs: number
  syncFailures: number
  dials: number
  dialFailures: number
  suspicions: number
  refutations: number
}

/** What the own service's probes have shown. */
export interface OwnHealth {
  readonly health: ServicePayload['health']
  /** Epoch milliseconds; undefined before the first. */
  readonly probedAt: number | undefined
}

/** Who listens to a node. */
export interface NodeListeners {
  readonly answers: Listeners<AnswerDifference>
  readonly trace: Listeners<TraceEntry>
  readonly changes: Listeners<void>
}

/** Everything that the parts of one node share; only this folder changes it. */
export interface NodeCore {
  readonly parts: MeshNodeParts
  readonly refusals: RefusalCounter
  readonly counts: NodeCounts
  readonly listeners: NodeListeners
  readonly trace: Trace
  readonly alarm: Alarm
  readonly queue: SyncQueue
  /** Peers with a connection in this cluster. */
  readonly connected: Set<PeerId>
  /** Of them, those that are reached through a relay only. */
  readonly relayed: Set<PeerId>
  /** The certificate that each of them was shown last. */
  readonly shown: Map<PeerId, string | undefined>
  /** What this node's program says of it, until it says otherwise. */
  readonly statements: Map<string, MemberStatement>
  /** Services that somebody here watches, with how many. */
  readonly watched: Map<string, number>
  /** Health of the own service by its last probes. */
  health: OwnHealth
  state: PresencePayload['state']
  /** From the start of the service on. */
  link: ClusterLink | undefined
  /** Only for those who join. */
  joining: Joining | undefined
  /** From the first verified definition on. */
  roster: Roster | undefined
  /** From the first admission on. */
  member: Member | undefined
  /** As which the member has begun. */
  place: Pick<Membership, 'role' | 'slot'> | undefined
  hasLeft: boolean
  isChangeDue: boolean
}

/** Both clocks now. */
export function timesOf(core: NodeCore): Times {
  return { wall: core.parts.clock.now(), monotonic: core.parts.clock.monotonic() }
}

/** Phase, members or answers have changed: those who asked are told soon, once for many changes. */
export function changed(core: NodeCore): void {
  if (core.isChangeDue) return
  core.isChangeDue = true
  void core.parts.clock.sleep(CHANGE_DELAY_MS).then(() => {
    core.isChangeDue = false
    core.listeners.changes.tell()
  })
}

/** Of a node that has not begun. */
export function createNodeCore(parts: MeshNodeParts): NodeCore {
  const { clock, log } = parts
  const listeners: NodeListeners = {
    answers: createListeners(log),
    trace: createListeners(log),
    changes: createListeners(log),
  }
  return {
    parts,
    refusals: createRefusalCounter(log),
    counts: {
      recordsReceived: 0,
      syncs: 0,
      syncFailures: 0,
      dials: 0,
      dialFailures: 0,
      suspicions: 0,
      refutations: 0,
    },
    listeners,
    trace: createTrace(clock, listeners.trace),
    alarm: createAlarm(clock),
    queue: createSyncQueue(),
    connected: new Set(),
    relayed: new Set(),
    shown: new Map(),
    statements: new Map(),
    watched: new Map(),
    health: { health: 'unknown', probedAt: undefined },
    state: 'ready',
    isChangeDue: false,
    link: undefined,
    joining: undefined,
    roster: undefined,
    member: undefined,
    place: undefined,
    hasLeft: false,
  }
}

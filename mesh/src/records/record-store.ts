import { MAX_CLOCK_SKEW_MS, type PeerId } from '../admission/membership.ts'
import type { RefusalCause } from '../admission/refusals.ts'
import { placeKey } from './order.ts'
import { type HeldRecord, OwnerRecords, type Standing } from './owner-records.ts'
import type { MeshRecord, RecordKind, SignedRecord } from './record.ts'
import { type Bucket, fullBucket, type Rate, takeOne } from './token-bucket.ts'
import type { Topic } from './topics.ts'

/** Bounds of a store. A hostile member can fill its own share, no more. */
export interface RecordStoreLimits {
  /** Live records in all. @default 20,000: a cluster of 1000 several times over */
  readonly maxRecords: number
  /** Live records of one owner. @default 24: presence, service or worker, and 20 suspicions */
  readonly maxPerOwner: number
  /** Owners that are remembered. @default 10,000 */
  readonly maxOwners: number
  /** New records of one owner. @default 1 a second, 48 at once: every record of an owner refreshed in time */
  readonly rate: Rate
  /** How long an owner's last versions are remembered after its last record. @default 24 h, as old as a node may return */
  readonly floorMs: number
}

export const DEFAULT_STORE_LIMITS: RecordStoreLimits = {
  maxRecords: 20_000,
  maxPerOwner: 24,
  maxOwners: 10_000,
  rate: { perSecond: 1, burst: 48 },
  floorMs: 24 * 60 * 60_000,
}

/** What became of an offered record. */
export type Offered =
  | {
      readonly outcome: 'accepted'
      readonly held: HeldRecord
      /** What is void because of it. */
      readonly outdated: readonly HeldRecord[]
      /** The owner has signed two different records under one version. */
      readonly isContradiction: boolean
    }
  | { readonly outcome: 'duplicate' }
  | { readonly outcome: 'stale'; readonly isContradiction: boolean }
  | { readonly outcome: 'refused'; readonly cause: RefusalCause }

/**
 * The newest record of each place. Convergent: stores that were offered the same records, in whatever order and however
 * often, hold the same ones, as long as no limit and no expiry comes between. Signatures and roles are checked before.
 */
export interface RecordStore {
  /** What `offer` would do, without the limits; costs no signature check, so it comes before one. */
  readonly judge: (offered: SignedRecord, now: number) => Standing | RefusalCause
  readonly offer: (offered: SignedRecord, topic: Topic, now: number) => Offered
  /** Takes away what is void by now; call it at least once a second and before reading. @returns what was taken away */
  readonly expire: (now: number) => readonly HeldRecord[]
  /** `expire` has nothing to do before; epoch milliseconds. */
  readonly expiresAt: () => number
  readonly get: (owner: PeerId, kind: RecordKind, subject: string) => HeldRecord | undefined
  readonly ofOwner: (owner: PeerId) => readonly HeldRecord[]
  readonly all: () => readonly HeldRecord[]
  readonly size: () => number
}

interface Owner {
  readonly records: OwnerRecords
  bucket: Bucket
}

/** An empty store. */
export function createRecordStore(options: Partial<RecordStoreLimits> = {}): RecordStore {
  const limits = { ...DEFAULT_STORE_LIMITS, ...options }
  const owners = new Map<PeerId, Owner>()
  let size = 0
  /** Nothing expires before; may be too early, never too late. */
  let nothingBefore = Number.POSITIVE_INFINITY

  const standingOf = (offered: SignedRecord): Standing =>
    owners.get(offered.record.owner)?.records.standingOf(offered) ?? 'new'
  const judge = (offered: SignedRecord, now: number) => causeOfTime(offered.record, now) ?? standingOf(offered)

  const put = (owner: Owner, offered: SignedRecord, topic: Topic, now: number, isContradiction: boolean): Offered => {
    const bucket = takeOne(owner.bucket, limits.rate, now)
    if (bucket === undefined) return { outcome: 'refused', cause: 'rate-limited' }
    owner.bucket = bucket
    const held = holdRecord(offered, topic, now)
    const before = owner.records.liveCount
    const outdated = owner.records.put(held)
    size += owner.records.liveCount - before
    nothingBefore = Math.min(nothingBefore, held.expiresAt)
    return { outcome: 'accepted', held, outdated, isContradiction }
  }

  return {
    judge,
    offer(offered, topic, now) {
      const standing = judge(offered, now)
      if (standing === 'duplicate') return { outcome: 'duplicate' }
      if (standing === 'stale') return { outcome: 'stale', isContradiction: false }
      if (standing === 'contradicts-and-loses') return { outcome: 'stale', isContradiction: true }
      if (!isWinning(standing)) return { outcome: 'refused', cause: standing }
      const owner = owners.get(offered.record.owner) ?? addOwner(owners, limits, now, offered.record.owner)
      if (owner === undefined) return { outcome: 'refused', cause: 'store-full' }
      const cause = causeOfSize(owner, offered.record, size, limits)
      if (cause !== undefined) return { outcome: 'refused', cause }
      return put(owner, offered, topic, now, standing === 'contradicts-and-wins')
    },
    expire(now) {
      if (now < nothingBefore) return []
      const expired: HeldRecord[] = []
      for (const { records } of owners.values()) {
        if (records.expiresAt <= now) expired.push(...records.expire(now))
      }
      size -= expired.length
      forgetOwners(owners, now - limits.floorMs)
      nothingBefore = earliestOf(owners)
      return expired
    },
    expiresAt: () => nothingBefore,
    get: (owner, kind, subject) => owners.get(owner)?.records.held(placeKey({ kind, subject })),
    ofOwner: (owner) => owners.get(owner)?.records.live() ?? [],
    all() {
      const found: HeldRecord[] = []
      for (const { records } of owners.values()) records.addLive(found)
      return found
    },
    size: () => size,
  }
}

function holdRecord({ record, bytes }: SignedRecord, topic: Topic, now: number): HeldRecord {
  return { record, bytes, topic, receivedAt: now, expiresAt: endOf(record, now) }
}

/**
 * The end of a record's life: its TTL after it was received, but never later than its owner's clock and the allowed
 * skew say, or members that pass it on to each other would keep it alive for ever.
 */
function endOf(record: MeshRecord, now: number): number {
  return Math.min(now + record.ttlMs, record.issuedAt + record.ttlMs + MAX_CLOCK_SKEW_MS)
}

function isWinning(standing: Standing | RefusalCause): standing is 'new' | 'newer' | 'contradicts-and-wins' {
  return standing === 'new' || standing === 'newer' || standing === 'contradicts-and-wins'
}

function causeOfTime(record: MeshRecord, now: number): RefusalCause | undefined {
  const latest = now + MAX_CLOCK_SKEW_MS
  if (record.issuedAt > latest || record.bootId > latest) return 'record-from-future'
  return endOf(record, now) <= now ? 'record-expired' : undefined
}

function causeOfSize(
  { records }: Owner,
  record: MeshRecord,
  size: number,
  limits: RecordStoreLimits,
): RefusalCause | undefined {
  if (!records.isGrownBy(record)) return undefined
  if (records.liveCount >= limits.maxPerOwner) return 'too-many-records'
  return size >= limits.maxRecords ? 'store-full' : undefined
}

function addOwner(owners: Map<PeerId, Owner>, limits: RecordStoreLimits, now: number, peer: PeerId): Owner | undefined {
  if (owners.size >= limits.maxOwners && !forgetQuietest(owners)) return undefined
  const owner = { records: new OwnerRecords(limits.maxPerOwner, now), bucket: fullBucket(limits.rate, now) }
  owners.set(peer, owner)
  return owner
}

function forgetOwners(owners: Map<PeerId, Owner>, before: number): void {
  const isOver = ({ records }: Owner) => records.liveCount === 0 && records.heardAt < before
  for (const [peer, owner] of owners) if (isOver(owner)) owners.delete(peer)
}

/** Makes room by the owner without live records that was not heard for longest. */
function forgetQuietest(owners: Map<PeerId, Owner>): boolean {
  const quiet = [...owners].filter(([, { records }]) => records.liveCount === 0)
  const [first] = quiet.sort(([, a], [, b]) => a.records.heardAt - b.records.heardAt)
  return first !== undefined && owners.delete(first[0])
}

/** The next time at which anything is due; infinite for a store without live records. */
function earliestOf(owners: ReadonlyMap<PeerId, Owner>): number {
  let earliest = Number.POSITIVE_INFINITY
  for (const { records } of owners.values()) earliest = Math.min(earliest, records.expiresAt)
  return earliest
}

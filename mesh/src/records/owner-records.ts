import { compareRecords, compareVersions, placeKey, type Version } from './order.ts'
import type { MeshRecord, SignedRecord } from './record.ts'
import type { Topic } from './topics.ts'

/** A record that is held. */
export interface HeldRecord extends SignedRecord {
  readonly topic: Topic
  readonly receivedAt: number
  /** Epoch milliseconds by this node's clock. */
  readonly expiresAt: number
}

/** How a record stands to what is known of its owner. */
export type Standing = 'new' | 'newer' | 'duplicate' | 'stale' | 'contradicts-and-wins' | 'contradicts-and-loses'

/** A place of an owner: the version reached there, and the record unless that has expired. */
interface Place {
  readonly version: Version
  readonly held: HeldRecord | undefined
  readonly touchedAt: number
}

/**
 * Everything known of one owner. A place whose record expired stays as a floor: what was outdated once stays outdated,
 * or an old record could be played again. Floors above `maxFloors` merge into one for all places that are not known.
 */
export class OwnerRecords {
  readonly #places = new Map<string, Place>()
  readonly #maxFloors: number
  #bootId = 0
  #floor: Version | undefined
  #liveCount = 0
  #expiresAt = Number.POSITIVE_INFINITY
  #heardAt: number

  constructor(maxFloors: number, now: number) {
    this.#maxFloors = maxFloors
    this.#heardAt = now
  }

  /** Records that have not expired. */
  get liveCount(): number {
    return this.#liveCount
  }

  /** Epoch milliseconds of the last record that was taken. */
  get heardAt(): number {
    return this.#heardAt
  }

  /** Whether a winning record adds to the live ones; one of a later boot takes the place of all. */
  isGrownBy(record: MeshRecord): boolean {
    return record.bootId <= this.#bootId && this.held(placeKey(record)) === undefined
  }

  held(key: string): HeldRecord | undefined {
    return this.#places.get(key)?.held
  }

  live(): readonly HeldRecord[] {
    const found: HeldRecord[] = []
    this.addLive(found)
    return found
  }

  /** Adds what is live to a list: lists of whole stores are made often. */
  addLive(to: HeldRecord[]): void {
    for (const { held } of this.#places.values()) if (held !== undefined) to.push(held)
  }

  /** Epoch milliseconds at which the first live record expires; infinite without any. */
  get expiresAt(): number {
    return this.#expiresAt
  }

  standingOf(offered: SignedRecord): Standing {
    const { record } = offered
    if (record.bootId < this.#bootId) return 'stale'
    const place = this.#places.get(placeKey(record))
    if (place === undefined) {
      return this.#floor !== undefined && compareVersions(record, this.#floor) <= 0 ? 'stale' : 'new'
    }
    const order = compareVersions(record, place.version)
    if (order !== 0) return order < 0 ? 'stale' : 'newer'
    if (place.held === undefined) return 'stale'
    const tie = compareRecords(offered, place.held)
    if (tie === 0) return 'duplicate'
    return tie > 0 ? 'contradicts-and-wins' : 'contradicts-and-loses'
  }

  /** Takes a record that wins its place. @returns the held records that this outdates */
  put(held: HeldRecord): readonly HeldRecord[] {
    const { bootId, sequence } = held.record
    const outdated = bootId > this.#bootId ? this.#restart(bootId) : []
    const key = placeKey(held.record)
    const before = this.#places.get(key)?.held
    if (before === undefined) this.#liveCount += 1
    this.#places.set(key, { version: { bootId, sequence }, held, touchedAt: held.receivedAt })
    this.#heardAt = held.receivedAt
    const isFirstReplaced = before?.expiresAt === this.#expiresAt
    this.#expiresAt = isFirstReplaced ? this.#earliestExpiry() : Math.min(this.#expiresAt, held.expiresAt)
    return before === undefined ? outdated : [...outdated, before]
  }

  /** Takes away what is void by now; the places stay as floors. */
  expire(now: number): readonly HeldRecord[] {
    if (this.#expiresAt > now) return []
    const expired = this.live().filter((held) => held.expiresAt <= now)
    for (const { record } of expired) {
      const { bootId, sequence } = record
      this.#places.set(placeKey(record), { version: { bootId, sequence }, held: undefined, touchedAt: now })
    }
    this.#liveCount -= expired.length
    this.#expiresAt = this.#earliestExpiry()
    this.#mergeFloors()
    return expired
  }

  /** A restart outdates all that was said before, so one number replaces every floor. */
  #restart(bootId: number): readonly HeldRecord[] {
    const outdated = this.live()
    this.#places.clear()
    this.#floor = undefined
    this.#liveCount = 0
    this.#expiresAt = Number.POSITIVE_INFINITY
    this.#bootId = bootId
    return outdated
  }

  #earliestExpiry(): number {
    let earliest = Number.POSITIVE_INFINITY
    for (const { held } of this.#places.values()) {
      if (held !== undefined && held.expiresAt < earliest) earliest = held.expiresAt
    }
    return earliest
  }

  #mergeFloors(): void {
    const floors = [...this.#places].filter(([, place]) => place.held === undefined)
    floors.sort(([, a], [, b]) => a.touchedAt - b.touchedAt)
    for (const [key, { version }] of floors.slice(0, Math.max(0, floors.length - this.#maxFloors))) {
      this.#places.delete(key)
      if (this.#floor === undefined || compareVersions(version, this.#floor) > 0) this.#floor = version
    }
  }
}

import type { ClusterDefinition, ClusterSlot, NewClusterMachine } from '@muster/contexts/wire/clusters.ts'
import type { TokenEntry } from '@muster/mesh/admission/join-token.ts'
import type { PeerId } from '@muster/mesh/admission/membership.ts'
import { ApiError } from '../http/api-error.ts'

/** What a place is chosen by. */
export interface PlaceFacts {
  readonly definition: ClusterDefinition
  /** What the issuer knows: open tokens and holders. */
  readonly entries: readonly TokenEntry[]
  readonly isRevoked: (peer: PeerId) => boolean
  /** Epoch milliseconds. */
  readonly now: number
}

/** A place with what the journal says about it. */
interface Place extends ClusterSlot {
  /** Who has joined with this slot and generation. */
  readonly holder: PeerId | undefined
  readonly expiresAt: number
}

/** A place whose machine was authorized and has not joined yet. */
export type AwaitedPlace = ClusterSlot & { readonly expiresAt: number }

/** Places with an open token, in the order in which they were given out. */
export function awaitedPlaces(entries: readonly TokenEntry[], now: number): readonly AwaitedPlace[] {
  return placesOf(entries)
    .filter((place) => place.holder === undefined && place.expiresAt > now)
    .map(({ service, cloud, slot, generation, expiresAt }) => ({ service, cloud, slot, generation, expiresAt }))
}

/**
 * The place and generation of the next machine.
 *
 * @throws {ApiError} no-such-place - not in the definition; no-free-place
 */
export function choosePlace(wish: NewClusterMachine, facts: PlaceFacts): ClusterSlot {
  const places = placesOf(facts.entries)
  const taken = withoutTwins(places.filter((place) => isTaken(place, facts)))
  const { service, cloud } = wish
  const bounds = boundsOf(wish, facts.definition)
  const slot = wish.slot ?? lowestFree(taken.filter((place) => isAt(place, wish)))
  if (wish.slot !== undefined && wish.slot >= bounds.slots) {
    throw new ApiError('no-such-place', `The slots of ${service} are 0 to ${bounds.slots - 1}.`)
  }
  const isReplacement = taken.some((place) => isAt(place, wish) && place.slot === slot)
  if (slot >= bounds.slots || (!isReplacement && bounds.isFull(taken))) throw new ApiError('no-free-place')
  const before = places.filter((place) => isAt(place, wish) && place.slot === slot)
  const generation = Math.max(0, ...before.map((place) => place.generation + (place.holder === undefined ? 0 : 1)))
  return { service, cloud, slot, generation }
}

interface Bounds {
  /** One above the highest slot. */
  readonly slots: number
  readonly isFull: (taken: readonly Place[]) => boolean
}

/** Slots are numbered from 0 in each cloud; only those of a singleton and of workers are counted over all clouds. */
function boundsOf({ service, cloud }: NewClusterMachine, definition: ClusterDefinition): Bounds {
  const defined = definition.services.find(({ name }) => name === service)
  const where = definition.clouds.find(({ name }) => name === cloud)
  if (defined === undefined) throw new ApiError('no-such-place', `The definition has no service ${service}.`)
  if (where === undefined) throw new ApiError('no-such-place', `The definition has no cloud ${cloud}.`)
  const most = (defined.kind === 'scalable' ? defined.max : defined.count) ?? Number.POSITIVE_INFINITY
  const inCloud = where.max ?? Number.POSITIVE_INFINITY
  return {
    slots: most,
    isFull(taken) {
      const same = taken.filter((place) => place.service === service)
      const counted = defined.kind === 'per-cloud' ? same.filter((place) => place.cloud === cloud) : same
      return counted.length >= most || taken.filter((place) => place.cloud === cloud).length >= inCloud
    },
  }
}

/** A machine that holds a place and the one that may replace it count once. */
function withoutTwins(places: readonly Place[]): readonly Place[] {
  return [...new Map(places.map((place) => [JSON.stringify([place.service, place.cloud, place.slot]), place])).values()]
}

function isTaken(place: Place, { isRevoked, now }: PlaceFacts): boolean {
  return place.holder === undefined ? place.expiresAt > now : !isRevoked(place.holder)
}

function isAt(place: ClusterSlot, wish: NewClusterMachine): boolean {
  return place.service === wish.service && place.cloud === wish.cloud
}

function lowestFree(taken: readonly Place[]): number {
  const slots = new Set(taken.map(({ slot }) => slot))
  let slot = 0
  while (slots.has(slot)) slot += 1
  return slot
}

/** One for each slot: the newest token that was given out for it. */
function placesOf(entries: readonly TokenEntry[]): readonly Place[] {
  const holders = new Map<string, PeerId>()
  for (const entry of entries) if (entry.type === 'used') holders.set(entry.hash, entry.peer)
  const places = new Map<string, Place>()
  for (const entry of entries) {
    if (entry.type !== 'issued') continue
    const { hash, slot, expiresAt } = entry.token
    const key = JSON.stringify([slot.service, slot.cloud, slot.slot, holders.has(hash)])
    const known = places.get(key)
    if (known !== undefined && known.generation > slot.generation) continue
    places.set(key, { ...slot, holder: holders.get(hash), expiresAt })
  }
  return [...places.values()]
}

import { OrderedMap } from './ordered-map.ts'

/** What a pure state machine answers to an event: where it stands now and what its surroundings are to do, in order. */
export interface Step<State, Effect> {
  readonly state: State
  readonly effects: readonly Effect[]
}

/** The map with one entry set; the old one is not touched. */
export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return OrderedMap.from(map).with(key, value)
}

/** The map without a key; the same map when it was not in it. */
export function withoutEntry<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  return map.has(key) ? OrderedMap.from(map).without(key) : map
}

/** Entries are copied in pieces of so many: fewer makes the list of pieces long, more makes each copy dear. */
const PIECE_BITS = 5
const PIECE_SIZE = 1 << PIECE_BITS

type Piece<K, V> = readonly [K, V][]

/**
 * A map that never changes: `with` makes another one and copies a small piece only, whatever the size. So a state
 * machine can be a pure function and yet hold thousands of members. In the order of insertion, as `Map` is.
 */
export class OrderedMap<K, V> implements ReadonlyMap<K, V> {
  readonly size: number
  /** Which key stands where; only grows, and is shared by all maps that were made of each other by `with`. */
  readonly #places: Map<K, number>
  readonly #pieces: readonly Piece<K, V>[]

  private constructor(places: Map<K, number>, pieces: readonly Piece<K, V>[], size: number) {
    this.#places = places
    this.#pieces = pieces
    this.size = size
  }

  /** A map of these entries; the same one when it is one already. Takes as long as there are entries. */
  static from<K, V>(map: ReadonlyMap<K, V>): OrderedMap<K, V> {
    if (map instanceof OrderedMap) return map
    const entries = [...map]
    const places = new Map(entries.map(([key], place) => [key, place]))
    const pieces: Piece<K, V>[] = []
    for (let from = 0; from < entries.length; from += PIECE_SIZE) pieces.push(entries.slice(from, from + PIECE_SIZE))
    return new OrderedMap(places, pieces, entries.length)
  }

  get(key: K): V | undefined {
    const place = this.#places.get(key)
    if (place === undefined || place >= this.size) return undefined
    return this.#pieces[place >> PIECE_BITS]?.[place & (PIECE_SIZE - 1)]?.[1]
  }

  has(key: K): boolean {
    const place = this.#places.get(key)
    return place !== undefined && place < this.size
  }

  /** The map with one entry set. */
  with(key: K, value: V): OrderedMap<K, V> {
    const known = this.#places.get(key)
    if (known !== undefined && known < this.size) return this.#withAt(known, [key, value], this.size)
    // Another map has grown from this one before: its key has the next place.
    if (this.#places.size !== this.size) return OrderedMap.from(new Map(this).set(key, value))
    this.#places.set(key, this.size)
    return this.#withAt(this.size, [key, value], this.size + 1)
  }

  /** The map without a key; takes as long as there are entries. */
  without(key: K): OrderedMap<K, V> {
    if (!this.has(key)) return this
    const left = new Map(this)
    left.delete(key)
    return OrderedMap.from(left)
  }

  forEach(run: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this.entries()) run(value, key, this)
  }

  entries(): MapIterator<[K, V]> {
    return this.#list().values()
  }

  keys(): MapIterator<K> {
    return this.#list()
      .map(([key]) => key)
      .values()
  }

  values(): MapIterator<V> {
    return this.#list()
      .map(([, value]) => value)
      .values()
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries()
  }

  /** All entries. An array is gone through without an object for each, which a generator makes. */
  #list(): Piece<K, V> {
    const [first = [], ...others] = this.#pieces
    return others.length === 0 ? first : this.#pieces.flat()
  }

  #withAt(place: number, entry: [K, V], size: number): OrderedMap<K, V> {
    const index = place >> PIECE_BITS
    const piece = this.#pieces[index]?.slice() ?? []
    piece[place & (PIECE_SIZE - 1)] = entry
    const pieces = this.#pieces.slice()
    pieces[index] = piece
    return new OrderedMap(this.#places, pieces, size)
  }
}

import { MeshError } from '../fault.ts'

/** A bounded kind of value: how it is written as CBOR, and what is accepted when it is read. */
export interface Codec<T> {
  /** @returns a value for `encodeCanonical`. @throws {MeshError} malformed - outside the bounds */
  encode(value: T): unknown
  /** @throws {MeshError} malformed - not of this kind or outside the bounds */
  decode(value: unknown): T
}

/** The type that a codec reads and writes. */
export type Decoded<C> = C extends Codec<infer T> ? T : never

const CONTROL_CHARACTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** A whole number from 0 to `max`. @param max - at most 2^53 - 1 */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Codec<number> {
  return checked((value): value is number => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= max)
}

/** A line of text of at most `maxBytes` bytes of UTF-8, without control characters: it ends up in logs and files. */
export function text(maxBytes: number, pattern?: RegExp): Codec<string> {
  return checked(
    (value): value is string =>
      typeof value === 'string' &&
      value.length <= maxBytes &&
      !CONTROL_CHARACTERS.test(value) &&
      new TextEncoder().encode(value).length <= maxBytes &&
      (pattern?.test(value) ?? true),
  )
}

/** Bytes, `min` to `max` of them. */
export function bytes(min: number, max: number = min): Codec<Uint8Array> {
  return checked(
    (value): value is Uint8Array => value instanceof Uint8Array && value.length >= min && value.length <= max,
  )
}

/** Yes or no. */
export const flag: Codec<boolean> = checked((value) => typeof value === 'boolean')

/** One of a closed list; written as its place in the list, so the list may only grow at its end. */
export function oneOf<const T extends string>(names: readonly T[]): Codec<T> {
  return {
    encode(value) {
      const place = names.indexOf(value)
      if (place < 0) throw malformed()
      return place
    },
    decode(value) {
      const name = typeof value === 'number' ? names[value] : undefined
      if (name === undefined) throw malformed()
      return name
    },
  }
}

/** At most `max` values of one kind. */
export function listOf<T>(item: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    encode(values) {
      if (values.length > max) throw malformed()
      return values.map(item.encode)
    },
    decode(value) {
      if (!Array.isArray(value) || value.length > max) throw malformed()
      return value.map((entry: unknown) => item.decode(entry))
    },
  }
}

/** A value that is kept in another form inside than on the wire. */
export function mapped<Wire, T>(wire: Codec<Wire>, toWire: (value: T) => Wire, fromWire: (value: Wire) => T): Codec<T> {
  return { encode: (value) => wire.encode(toWire(value)), decode: (value) => fromWire(wire.decode(value)) }
}

/** A field of a struct: the number under which it is written, which is never given to another field. */
interface Field<T, Optional extends boolean> {
  readonly key: number
  readonly codec: Codec<T>
  readonly isOptional: Optional
}

/** A field that must be there. */
export function field<T>(key: number, codec: Codec<T>): Field<T, false> {
  return { key, codec, isOptional: false }
}

/** A field that may be left out. */
export function optional<T>(key: number, codec: Codec<T>): Field<T, true> {
  return { key, codec, isOptional: true }
}

type Fields = Readonly<Record<string, Field<unknown, boolean>>>
type OptionalKeys<F> = { [K in keyof F]: F[K] extends Field<unknown, true> ? K : never }[keyof F]
type ValueOf<F> = F extends Field<infer T, boolean> ? T : never

/** The object that a struct codec reads and writes. */
export type Struct<F> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: ValueOf<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: ValueOf<F[K]>
}

/** An object, written as a map with small numbers for keys; fields that are not known here are ignored. */
export function struct<F extends Fields>(fields: F): Codec<Struct<F>> {
  const entries = Object.entries(fields) as [string, Field<unknown, boolean>][]
  return {
    encode(value) {
      const known: Readonly<Record<string, unknown>> = value
      const map = new Map<number, unknown>()
      for (const [name, { key, codec, isOptional }] of entries) {
        const inner = known[name]
        if (inner === undefined && isOptional) continue
        map.set(key, codec.encode(inner))
      }
      return map
    },
    decode(value) {
      if (!(value instanceof Map)) throw malformed()
      const result: Record<string, unknown> = {}
      for (const [name, { key, codec, isOptional }] of entries) {
        if (!value.has(key) && isOptional) continue
        result[name] = codec.decode(value.get(key))
      }
      return result as Struct<F>
    },
  }
}

function checked<T>(accepts: (value: unknown) => value is T): Codec<T> {
  const check = (value: unknown) => {
    if (!accepts(value)) throw malformed()
    return value
  }
  return { encode: check, decode: check }
}

function malformed(): MeshError {
  return new MeshError('malformed', 'A field is missing, of the wrong kind or outside its bounds', {
    hint: 'The other side runs a faulty or hostile program, or one of another version.',
  })
}

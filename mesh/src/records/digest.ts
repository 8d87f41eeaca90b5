import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { equalBytes } from '../encoding/cbor.ts'
import { compareVersions, placeKey, type Version } from './order.ts'
import type { SignedRecord } from './record.ts'

/** Bytes of a bucket of a digest, of a place's identifier, and of a record's print. */
export const PRINT_BYTES = 8
/** Buckets of a digest; a power of two. */
export const MIN_BUCKETS = 8
export const MAX_BUCKETS = 1024
/** A digest grows by a bucket for so many records, so that one difference costs few summaries. */
const RECORDS_PER_BUCKET = 4
/** Records that one answer names or carries; the rest comes with the next exchange. */
export const MAX_SUMMARIES = 4096
export const MAX_RECORDS_PER_MESSAGE = 256

/** What a set of records is, in few bytes: equal sets have equal digests. */
export interface Digest {
  /** One print for each bucket: the exclusive or of the prints of its records. */
  readonly buckets: readonly Uint8Array[]
}

/** One record of a set, without its content. */
export interface Summary extends Version {
  /** Of its place: owner, kind and subject. */
  readonly place: Uint8Array
  /** Of its bytes. */
  readonly print: Uint8Array
}

/** The records in those buckets that differ. */
export interface Summaries {
  readonly bucketCount: number
  /** Which buckets are complete below; others may differ as well. */
  readonly buckets: readonly number[]
  readonly entries: readonly Summary[]
}

/** What a side sends after it has seen the other's summaries. */
export interface Difference {
  /** Records that the other side lacks or has in an older version. */
  readonly records: readonly Uint8Array[]
  /** Places of which the other side has something newer. */
  readonly wanted: readonly Uint8Array[]
}

/** A set of records that two stores are to agree on: those of the topics that both follow. */
export type RecordSet = readonly SignedRecord[]

interface Prints {
  readonly place: Uint8Array
  readonly print: Uint8Array
}

/** By the bytes of a record: hashing costs more than the rest of an exchange, and records do not change. */
const known = new WeakMap<Uint8Array, Prints>()

/** The digest of a set. @param bucketCount - a power of two; by the size of the set when left out */
export function digestOf(set: RecordSet, bucketCount: number = bucketCountFor(set.length)): Digest {
  const buckets = Array.from({ length: bucketCount }, () => new Uint8Array(PRINT_BYTES))
  for (const signed of set) {
    const { place, print } = printsOf(signed)
    const bucket = buckets[bucketOf(place, bucketCount)]
    for (let index = 0; bucket !== undefined && index < PRINT_BYTES; index++) {
      bucket[index] = (bucket[index] ?? 0) ^ (print[index] ?? 0)
    }
  }
  return { buckets }
}

/** Answers a digest: what this side has in the buckets that differ; no buckets when the sets are equal. */
export function summariesFor(set: RecordSet, theirs: Digest): Summaries {
  const bucketCount = theirs.buckets.length
  const ours = digestOf(set, bucketCount)
  const differing = theirs.buckets.flatMap((print, bucket) => {
    const own = ours.buckets[bucket]
    return own !== undefined && equalBytes(own, print) ? [] : [bucket]
  })
  if (differing.length === 0) return { bucketCount, buckets: [], entries: [] }
  const byBucket = groupByBucket(set, bucketCount)
  const buckets: number[] = []
  const entries: Summary[] = []
  for (const bucket of differing) {
    const records = byBucket.get(bucket) ?? []
    if (entries.length + records.length > MAX_SUMMARIES) break
    buckets.push(bucket)
    entries.push(...records.map(summaryOf))
  }
  return { bucketCount, buckets, entries }
}

/** Answers summaries: what the other side lacks, and what this side wants. Newest records first when not all fit. */
export function differenceTo(set: RecordSet, theirs: Summaries): Difference {
  const differing = new Set(theirs.buckets)
  const unseen = new Map(theirs.entries.map((entry) => [keyOf(entry.place), entry]))
  const records: SignedRecord[] = []
  for (const signed of set) {
    const { place, print } = printsOf(signed)
    if (!differing.has(bucketOf(place, theirs.bucketCount))) continue
    const key = keyOf(place)
    const entry = unseen.get(key)
    const order = entry === undefined ? 1 : compareVersions(signed.record, entry)
    const isContradiction = order === 0 && entry !== undefined && keyOf(print) !== keyOf(entry.print)
    if (order > 0 || isContradiction) records.push(signed)
    // Of two records under one version each side needs both, to know of the contradiction and to pick the same one.
    if (order >= 0 && !isContradiction) unseen.delete(key)
  }
  const wanted = [...unseen.values()].map((entry) => entry.place)
  return { records: firstOf(records), wanted: wanted.slice(0, MAX_RECORDS_PER_MESSAGE) }
}

/** Answers the wish of the other side. */
export function wantedFrom(set: RecordSet, wanted: readonly Uint8Array[]): readonly Uint8Array[] {
  const places = new Set(wanted.slice(0, MAX_RECORDS_PER_MESSAGE).map(keyOf))
  return firstOf(set.filter((signed) => places.has(keyOf(printsOf(signed).place))))
}

function firstOf(records: readonly SignedRecord[]): readonly Uint8Array[] {
  const newest = [...records].sort((a, b) => b.record.issuedAt - a.record.issuedAt)
  return newest.slice(0, MAX_RECORDS_PER_MESSAGE).map((signed) => signed.bytes)
}

function bucketCountFor(size: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, size / RECORDS_PER_BUCKET)))
  return Math.min(MAX_BUCKETS, Math.max(MIN_BUCKETS, wanted))
}

function printsOf(signed: SignedRecord): Prints {
  const found = known.get(signed.bytes)
  if (found !== undefined) return found
  const place = sha256(utf8ToBytes(`${signed.record.owner}/${placeKey(signed.record)}`)).subarray(0, PRINT_BYTES)
  const prints = { place, print: sha256(signed.bytes).subarray(0, PRINT_BYTES) }
  known.set(signed.bytes, prints)
  return prints
}

function summaryOf(signed: SignedRecord): Summary {
  const { bootId, sequence } = signed.record
  return { bootId, sequence, ...printsOf(signed) }
}

function groupByBucket(set: RecordSet, bucketCount: number): ReadonlyMap<number, readonly SignedRecord[]> {
  return Map.groupBy(set, (signed) => bucketOf(printsOf(signed).place, bucketCount))
}

function bucketOf(place: Uint8Array, bucketCount: number): number {
  return (((place[0] ?? 0) << 8) | (place[1] ?? 0)) & (bucketCount - 1)
}

function keyOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : bytesToHex(bytes)
}

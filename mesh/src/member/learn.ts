import type { Membership } from '../admission/membership.ts'
import type { DirectoryEvent } from '../directory/next.ts'
import type { Payload } from '../records/payloads.ts'
import type { MeshRecord, RecordKind } from '../records/record.ts'
import type { RedialEvent } from '../redial/next.ts'
import type { WitnessEvent } from '../witness/events.ts'

/** What each part of a member learns from one accepted record. */
export interface Lesson {
  readonly witness: readonly WitnessEvent[]
  readonly directory: readonly DirectoryEvent[]
  readonly redial: readonly RedialEvent[]
}

/**
 * What follows from a record that was verified and is new.
 *
 * @param membership - of its owner
 * @param isLive - whether it came by its topic, just published
 * @param isFollowed - whether the owner's topic is subscribed, so that more will follow by itself
 */
export function learnFrom(record: MeshRecord, membership: Membership, isFollowed: boolean, isLive: boolean): Lesson {
  const { owner: peer, bootId, sequence, ttlMs, subject } = record
  const version = { bootId, sequence }
  const { cloud } = membership.slot
  const heard: WitnessEvent = { type: 'heard', peer, cloud, version, ttlMs, isFollowed }
  const witness: WitnessEvent[] = [heard]
  const directory: DirectoryEvent[] = []
  const redial: RedialEvent[] = []
  if (isKind(record, 'service')) {
    const { payload } = record
    directory.push({ type: 'stated', owner: peer, service: subject, version, payload, place: membership.slot })
  } else if (isKind(record, 'presence')) {
    redial.push({ type: 'learned', peer, addresses: addressesOf(record.payload) })
  } else if (isKind(record, 'suspicion')) {
    const { payload } = record
    const about = { bootId: payload.bootId, sequence: payload.sequence }
    witness.push({ type: 'suspected', witness: peer, peer: subject, about, isLive })
  } else if (isKind(record, 'departure')) {
    witness.push({ type: 'departed', peer, version })
  }
  return { witness, directory, redial }
}

/** The payload of a verified record is of its kind: the codec of that kind decoded it. */
function isKind<K extends RecordKind>(
  record: MeshRecord,
  kind: K,
): record is MeshRecord & { readonly kind: K; readonly payload: Payload<K> } {
  return record.kind === kind
}

function addressesOf(presence: Payload<'presence'>): readonly string[] {
  return presence.addresses
}

import type { Membership, Role } from '../admission/membership.ts'
import { isPeerId } from '../admission/peer-id.ts'
import type { MeshRecord, RecordKind } from './record.ts'
import { isKind } from './record-codec.ts'

/** Kinds of records that each role may publish. */
export const ALLOWED_KINDS: Readonly<Record<Role, readonly RecordKind[]>> = {
  coordinator: ['presence', 'suspicion', 'departure'],
  'cloud-agent': ['presence', 'cloud', 'suspicion', 'departure'],
  fixed: ['presence', 'service', 'suspicion', 'departure'],
  'demand-owner': ['presence', 'service', 'demand', 'suspicion', 'departure'],
  worker: ['presence', 'worker', 'suspicion', 'departure'],
}

/** Whether a member may state this: the kind fits its role, and what it speaks of is its own. */
export function mayState(member: Membership, record: MeshRecord): boolean {
  if (member.peer !== record.owner || !ALLOWED_KINDS[member.role].includes(record.kind)) return false
  return isOwnSubject(member, record) && isOwnCloud(member, record)
}

/** A member speaks for its own service, its own cloud, itself; only suspicion is about another. */
function isOwnSubject(member: Membership, record: MeshRecord): boolean {
  switch (record.kind) {
    case 'service':
      return record.subject === member.slot.service
    case 'cloud':
      return record.subject === member.slot.cloud
    case 'demand':
      return record.subject !== ''
    case 'suspicion':
      return record.subject !== record.owner && isPeerId(record.subject)
    default:
      return record.subject === ''
  }
}

function isOwnCloud(member: Membership, record: MeshRecord): boolean {
  if (isKind(record, 'presence') || isKind(record, 'service') || isKind(record, 'worker')) {
    return record.payload.cloud === member.slot.cloud
  }
  return true
}

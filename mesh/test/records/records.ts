import type { Identity } from '../../src/admission/identity.ts'
import type { Membership, Role } from '../../src/admission/membership.ts'
import type { MeshRecord, SignedRecord } from '../../src/records/record.ts'
import { signRecord } from '../../src/records/record-codec.ts'
import type { Topic } from '../../src/records/topics.ts'
import { CLUSTER, identityOf, START } from '../admission/cluster.ts'

export const DIRECTORY: Topic = { name: 'directory' }
export const fixed: Identity = identityOf(20)
export const worker: Identity = identityOf(21)

export const SERVICE = {
  cloud: 'a',
  address: '10.0.0.7',
  ports: [{ name: 'http', port: 3128 }],
  health: 'passing',
  probedAt: START - 5000,
} as const
export const WORKER = { cloud: 'a', state: 'idle', slots: 4, free: 4 } as const

/** A record of a fixed service, changed as wanted. */
export function recordOf(changes: Partial<MeshRecord> = {}): MeshRecord {
  const defaults = { owner: fixed.peer, bootId: START - 1000, sequence: 1, kind: 'service', subject: 'proxy' } as const
  return { ...defaults, issuedAt: START, ttlMs: 90_000, payload: SERVICE, ...changes }
}

export function sign(record: MeshRecord, by: Identity = fixed, cluster: string = CLUSTER): SignedRecord {
  return signRecord(record, cluster, by)
}

/** A record whose signature nobody looks at: for stores, which do not. */
export function unsigned(record: MeshRecord): SignedRecord {
  return signRecord(record, CLUSTER, { sign: () => new Uint8Array(64) })
}

export function memberOf(identity: Identity, role: Role, service: string, cloud = 'a'): Membership {
  return {
    cluster: CLUSTER,
    peer: identity.peer,
    role,
    slot: { service, cloud, slot: 0, generation: 1 },
    issuer: 'issuer',
    issuedAt: START,
    expiresAt: START + 1,
  }
}

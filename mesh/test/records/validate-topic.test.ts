import { describe, expect, it } from 'vitest'
import { verifySignature } from '../../src/admission/identity.ts'
import type { Membership } from '../../src/admission/membership.ts'
import type { RefusalCause } from '../../src/admission/refusals.ts'
import { MAX_RECORD_BYTES, type MeshRecord } from '../../src/records/record.ts'
import { createRecordStore } from '../../src/records/record-store.ts'
import { topicName } from '../../src/records/topics.ts'
import { type Arrival, type RecordContext, receiveRecord } from '../../src/records/validate-topic.ts'
import { CLUSTER, START } from '../admission/cluster.ts'
import { DIRECTORY, fixed, memberOf, recordOf, SERVICE, sign, WORKER, worker } from './records.ts'

const TOPIC = topicName(CLUSTER, DIRECTORY)
const WORKERS = topicName(CLUSTER, { name: 'workers', cloud: 'a' })
const MEMBERS = new Map<string, Membership>([
  [fixed.peer, memberOf(fixed, 'fixed', 'proxy')],
  [worker.peer, memberOf(worker, 'worker', 'worker')],
])

function open(membershipOf?: RecordContext['membershipOf']) {
  const context = {
    cluster: CLUSTER,
    verify: verifySignature,
    membershipOf: membershipOf ?? ((peer) => MEMBERS.get(peer) ?? 'no-certificate'),
    store: createRecordStore({ rate: { perSecond: 1, burst: 3 } }),
  } satisfies RecordContext
  const receive = (bytes: Uint8Array, arrival: Partial<Arrival> = {}) => {
    const verdict = receiveRecord(bytes, { topic: TOPIC, isAsked: false, now: START, ...arrival }, context)
    return 'cause' in verdict ? `${verdict.verdict} ${verdict.cause}` : verdict.verdict
  }
  return { context, receive }
}
const bytesOf = (changes: Partial<MeshRecord> = {}) => sign(recordOf(changes)).bytes

describe('A record that comes in on a topic', () => {
  it('is stored and passed on when everything about it is right', () => {
    const { context, receive } = open()
    expect(receive(bytesOf())).toBe('accept')
    expect(context.store.get(fixed.peer, 'service', 'proxy')?.topic).toEqual(DIRECTORY)
    const busy = sign(recordOf({ owner: worker.peer, kind: 'worker', subject: '', payload: WORKER }), worker).bytes
    expect(receive(busy, { topic: WORKERS })).toBe('accept')
  })

  it('is rejected before it is passed on when its owner or its sender must have known better', () => {
    const { context, receive } = open()
    const forged = sign(recordOf(), worker).bytes
    const cases: [string, Uint8Array, Partial<Arrival>][] = [
      ['reject too-large', new Uint8Array(MAX_RECORD_BYTES + 1), {}],
      ['reject malformed', new Uint8Array(20), {}],
      ['reject record-forged', forged, {}],
      ['reject record-forged', sign(recordOf(), fixed, 'clu_other').bytes, {}],
      ['reject wrong-topic', bytesOf(), { topic: WORKERS }],
      ['reject wrong-topic', bytesOf(), { topic: topicName('clu_other', DIRECTORY) }],
      [
        'reject wrong-role',
        bytesOf({ kind: 'demand', subject: 'worker', payload: { classes: [], running: 0, freeSlots: 0 } }),
        {},
      ],
      ['reject wrong-role', bytesOf({ subject: 'head' }), {}],
      ['reject wrong-role', bytesOf({ payload: { ...SERVICE, cloud: 'b' } }), {}],
    ]
    for (const [expected, bytes, arrival] of cases) expect(receive(bytes, arrival)).toBe(expected)
    expect(context.store.size()).toBe(0)
  })

  it('is rejected without a valid certificate, once the sender was asked for it', () => {
    const { receive } = open(() => 'no-certificate')
    expect(receive(bytesOf())).toBe('ask')
    expect(receive(bytesOf(), { isAsked: true })).toBe('reject no-certificate')
    const causes: RefusalCause[] = ['certificate-expired', 'certificate-forged', 'issuer-unknown']
    expect(open(() => 'certificate-expired').receive(bytesOf())).toBe('ask')
    for (const cause of causes) expect(open(() => cause).receive(bytesOf(), { isAsked: true })).toBe(`reject ${cause}`)
  })

  it('is ignored, and its sender not blamed, when an honest sender may see it otherwise', () => {
    const { receive } = open()
    const fresh = bytesOf({ sequence: 2 })
    expect(receive(fresh)).toBe('accept')
    expect(receive(fresh)).toBe('ignore duplicate')
    expect(receive(bytesOf())).toBe('ignore record-stale')
    expect(receive(bytesOf({ sequence: 3, issuedAt: START + 31_000 }))).toBe('ignore record-from-future')
    expect(receive(bytesOf({ sequence: 3, issuedAt: START - 200_000 }))).toBe('ignore record-expired')
    expect([4, 5, 6].map((sequence) => receive(bytesOf({ sequence })))).toEqual([
      'accept',
      'accept',
      'ignore rate-limited',
    ])
    for (const cause of ['certificate-revoked', 'slot-superseded'] as const) {
      expect(open(() => cause).receive(bytesOf())).toBe(`ignore ${cause}`)
    }
  })

  it('of an honest owner is not shut out by forged ones in its name', () => {
    const { receive } = open()
    for (let sequence = 10; sequence < 40; sequence++) {
      expect(receive(sign(recordOf({ sequence, bootId: START }), worker).bytes)).toBe('reject record-forged')
    }
    expect(receive(bytesOf())).toBe('accept')
  })

  it('may come by a sync exchange, where there is no topic to be wrong', () => {
    const { context, receive } = open()
    const busy = sign(recordOf({ owner: worker.peer, kind: 'worker', subject: '', payload: WORKER }), worker).bytes
    const verdict = receiveRecord(busy, { isAsked: true, now: START }, context)
    expect(verdict.verdict).toBe('accept')
    expect(context.store.get(worker.peer, 'worker', '')?.topic).toEqual({ name: 'workers', cloud: 'a' })
    expect(receive(busy)).toBe('reject wrong-topic')
  })
})

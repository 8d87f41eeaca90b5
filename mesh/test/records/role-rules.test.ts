import { describe, expect, it } from 'vitest'
import type { Role } from '../../src/admission/membership.ts'
import type { MeshRecord } from '../../src/records/record.ts'
import { RECORD_KINDS } from '../../src/records/record-codec.ts'
import { ALLOWED_KINDS, mayState } from '../../src/records/role-rules.ts'
import { subscriptionsOf, topicName, topicOf } from '../../src/records/topics.ts'
import { fixed, memberOf, recordOf, SERVICE, WORKER, worker } from './records.ts'

const PRESENCE = { cloud: 'a', state: 'ready', addresses: [] } as const
const SEATS: Readonly<Record<Role, string>> = {
  coordinator: 'coordinator',
  'cloud-agent': 'cloud-agent',
  fixed: 'proxy',
  'demand-owner': 'head',
  worker: 'worker',
}

/** A record of a kind that would be in order for a member of `service` in cloud a. */
function orderly(kind: MeshRecord['kind'], service: string): MeshRecord {
  switch (kind) {
    case 'service':
      return recordOf({ kind, subject: service, payload: SERVICE })
    case 'cloud':
      return recordOf({ kind, subject: 'a', payload: {} })
    case 'demand':
      return recordOf({ kind, subject: 'worker', payload: {} })
    case 'suspicion':
      return recordOf({ kind, subject: worker.peer, payload: {} })
    case 'worker':
      return recordOf({ kind, subject: '', payload: WORKER })
    case 'presence':
      return recordOf({ kind, subject: '', payload: PRESENCE })
    case 'departure':
      return recordOf({ kind, subject: '', payload: {} })
  }
}

describe('What a role may state', () => {
  it('is its own kinds and no other', () => {
    for (const [role, service] of Object.entries(SEATS) as [Role, string][]) {
      for (const kind of RECORD_KINDS) {
        const isAllowed = mayState(memberOf(fixed, role, service), orderly(kind, service))
        expect(isAllowed, `${role} ${kind}`).toBe(ALLOWED_KINDS[role].includes(kind))
      }
    }
    const owners = (kind: MeshRecord['kind']) =>
      Object.keys(SEATS).filter((role) => ALLOWED_KINDS[role as Role].includes(kind))
    expect(owners('demand')).toEqual(['demand-owner'])
    expect(owners('cloud')).toEqual(['cloud-agent'])
    expect(owners('worker')).toEqual(['worker'])
    expect(owners('service')).toEqual(['fixed', 'demand-owner'])
  })

  it('is about itself: its own service, cloud and presence', () => {
    const proxy = memberOf(fixed, 'fixed', 'proxy')
    const agent = memberOf(fixed, 'cloud-agent', 'cloud-agent')
    expect(mayState(proxy, recordOf())).toBe(true)
    expect(mayState(proxy, recordOf({ owner: worker.peer }))).toBe(false)
    expect(mayState(proxy, recordOf({ subject: 'head' }))).toBe(false)
    expect(mayState(proxy, recordOf({ payload: { ...SERVICE, cloud: 'b' } }))).toBe(false)
    expect(mayState(agent, recordOf({ kind: 'cloud', subject: 'b', payload: {} }))).toBe(false)
    expect(mayState(proxy, recordOf({ kind: 'presence', subject: 'other', payload: PRESENCE }))).toBe(false)
    expect(mayState(proxy, recordOf({ kind: 'presence', subject: '', payload: { ...PRESENCE, cloud: 'b' } }))).toBe(
      false,
    )
    expect(
      mayState(memberOf(fixed, 'demand-owner', 'head'), recordOf({ kind: 'demand', subject: '', payload: {} })),
    ).toBe(false)
  })

  it('is a suspicion of another peer only', () => {
    const proxy = memberOf(fixed, 'fixed', 'proxy')
    for (const subject of ['', fixed.peer, 'nobody']) {
      expect(mayState(proxy, recordOf({ kind: 'suspicion', subject, payload: {} })), subject).toBe(false)
    }
  })
})

describe('Topics', () => {
  const named = (role: Role, clouds = ['a', 'b']) =>
    subscriptionsOf(memberOf(fixed, role, SEATS[role]), clouds).map((topic) => topicName('c', topic))

  it('keep the records of workers from workers', () => {
    expect(topicName('c', topicOf(memberOf(fixed, 'worker', 'worker', 'b')))).toBe('muster/1/c/workers/b')
    expect(topicName('c', topicOf(memberOf(fixed, 'fixed', 'proxy', 'b')))).toBe('muster/1/c/directory')
    expect(named('worker')).toEqual(['muster/1/c/directory'])
    expect(named('fixed')).toEqual(['muster/1/c/directory'])
    expect(named('cloud-agent')).toEqual(['muster/1/c/directory', 'muster/1/c/workers/a'])
    expect(named('demand-owner')).toEqual(['muster/1/c/directory', 'muster/1/c/workers/a', 'muster/1/c/workers/b'])
  })
})

import { describe, expect, it } from 'vitest'
import { issueCertificate, verifyCertificate } from '../../src/admission/certificate.ts'
import { namedMembership, newerDefinition, verifyDefinition } from '../../src/admission/definition.ts'
import type { Role } from '../../src/admission/membership.ts'
import { addRevocations, NO_REVOCATIONS, signRevocations, verifyRevocations } from '../../src/admission/revocation.ts'
import { createRoster } from '../../src/admission/roster.ts'
import {
  agentA,
  agentB,
  CLUSTER,
  CONTENT,
  causeOfRejection,
  coordinator,
  defineCluster,
  identityOf,
  START,
  stranger,
} from './cluster.ts'

const HOUR = 60 * 60_000
const SKEW = 30_000
const member = identityOf(10)
const definition = await defineCluster()
const seat = (
  changes: Partial<{ cloud: string; service: string; generation: number; role: Role; cluster: string }> = {},
) => ({
  cluster: changes.cluster ?? CLUSTER,
  peer: member.peer,
  role: changes.role ?? 'worker',
  slot: {
    service: changes.service ?? 'worker',
    cloud: changes.cloud ?? 'a',
    slot: 3,
    generation: changes.generation ?? 1,
  },
})
const check = (token: string, now = START, expiredForMs = 0) =>
  verifyCertificate(token, { definition, revocations: NO_REVOCATIONS, now, expiredForMs })
/** The same token with another payload under the old signature. */
const forge = (token: string, change: (claims: Record<string, unknown>) => void) => {
  const [head, payload = '', signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  change(claims)
  return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
}

describe('The signed definition', () => {
  it('is read back as it was signed', async () => {
    const {
      token,
      coordinator: by,
      ...content
    } = await verifyDefinition(definition.token, { cluster: CLUSTER, coordinator: coordinator.peer })
    expect(content).toEqual(CONTENT)
    expect([token, by]).toEqual([definition.token, coordinator.peer])
  })

  it('is refused when another key signed it, when it was altered, and when it is of another cluster', async () => {
    const trust = { cluster: CLUSTER, coordinator: coordinator.peer }
    const altered = forge(definition.token, (claims) => Object.assign(claims, { version: 9 }))
    expect(await causeOfRejection(verifyDefinition(definition.token, { ...trust, coordinator: stranger.peer }))).toBe(
      'definition-forged',
    )
    expect(await causeOfRejection(verifyDefinition(altered, trust))).toBe('definition-forged')
    expect(await causeOfRejection(verifyDefinition(definition.token, { ...trust, cluster: 'clu_other' }))).toBe(
      'definition-other-cluster',
    )
  })

  it('names a peer, a cloud and a service once each, and no service like an agent', async () => {
    const twice = [
      { clouds: [...CONTENT.clouds, { name: 'c', agents: [{ peer: agentA.peer, addresses: [] }] }] },
      { clouds: [...CONTENT.clouds, { name: 'a', agents: [{ peer: stranger.peer, addresses: [] }] }] },
      { clouds: [{ name: 'a', agents: [{ peer: coordinator.peer, addresses: [] }] }] },
      { services: [...CONTENT.services, { name: 'proxy', kind: 'scalable' as const, ownsDemand: false }] },
      { services: [{ name: 'cloud-agent', kind: 'scalable' as const, ownsDemand: false }] },
    ]
    for (const change of twice)
      expect(await causeOfRejection(defineCluster(change)), JSON.stringify(change)).toBe('malformed')
  })

  it('gives way to a higher version only, and never to another content of its own version', async () => {
    const next = await defineCluster({ version: 2 })
    expect(newerDefinition(definition, next)).toBe(next)
    expect(newerDefinition(next, next)).toBe(next)
    expect(() => newerDefinition(next, definition)).toThrow(/older/)
    const other = await defineCluster({ name: 'other' })
    expect(() => newerDefinition(definition, other)).toThrow(/Two definitions/)
  })

  it('makes members of those whom it names and of nobody else', () => {
    expect(namedMembership(definition, coordinator.peer)?.role).toBe('coordinator')
    expect(namedMembership(definition, agentB.peer)).toMatchObject({ role: 'cloud-agent', slot: { cloud: 'b' } })
    expect(namedMembership(definition, stranger.peer)).toBeUndefined()
  })
})

describe('A membership certificate', () => {
  it('states what its issuer signed, whether that is the agent of the cloud or the coordinator', async () => {
    for (const issuer of [agentA, coordinator]) {
      const token = await issueCertificate(seat(), issuer, { now: START + 999 })
      expect(await check(token)).toEqual({
        ...seat(),
        issuer: issuer.peer,
        issuedAt: START,
        expiresAt: START + 24 * HOUR,
      })
      expect(token.length).toBeLessThan(800)
    }
  })

  it('is refused when somebody signed it who may not admit members in that cloud', async () => {
    for (const issuer of [stranger, agentB, member]) {
      expect(await causeOfRejection(check(await issueCertificate(seat(), issuer, { now: START })))).toBe(
        'issuer-unknown',
      )
    }
    expect(await causeOfRejection(check(await issueCertificate(seat({ cloud: 'c' }), agentA, { now: START })))).toBe(
      'issuer-unknown',
    )
  })

  it('is refused when any claim was changed after it was signed', async () => {
    const token = await issueCertificate(seat(), agentA, { now: START })
    const changes: ((claims: Record<string, unknown>) => void)[] = [
      (claims) => Object.assign(claims, { sub: stranger.peer }),
      (claims) => Object.assign(claims, { exp: Number(claims['exp']) + 1 }),
      (claims) => Object.assign(claims, { iss: coordinator.peer }),
      (claims) => Object.assign(claims, { slot: { service: 'worker', cloud: 'a', slot: 4, generation: 1 } }),
    ]
    for (const change of changes) {
      expect(await causeOfRejection(check(forge(token, change))), change.toString()).toBe('certificate-forged')
    }
  })

  it('is refused in another cluster', async () => {
    const token = await issueCertificate(seat({ cluster: 'clu_other' }), agentA, { now: START })
    expect(await causeOfRejection(check(token))).toBe('certificate-other-cluster')
  })

  it('holds from 30 s before it was issued to 30 s after it ends, for clocks that differ', async () => {
    const token = await issueCertificate(seat(), agentA, { now: START, lifeMs: HOUR })
    const causeAt = (now: number) => causeOfRejection(check(token, now))
    expect(await causeAt(START - SKEW - 1)).toBe('certificate-not-yet-valid')
    expect(await causeAt(START - SKEW)).toBe('none')
    expect(await causeAt(START + HOUR + SKEW - 1)).toBe('none')
    expect(await causeAt(START + HOUR + SKEW)).toBe('certificate-expired')
    expect(await causeOfRejection(check(token, START + 2 * HOUR, HOUR))).toBe('none')
  })

  it('is refused when it is for longer than a day', async () => {
    const token = await issueCertificate(seat(), agentA, { now: START, lifeMs: 25 * HOUR })
    expect(await causeOfRejection(check(token))).toBe('certificate-too-long')
  })

  it('is refused when its role is not the one of its service', async () => {
    const wrong: [string, Role][] = [
      ['worker', 'demand-owner'],
      ['worker', 'cloud-agent'],
      ['proxy', 'demand-owner'],
      ['head', 'fixed'],
      ['unknown', 'worker'],
    ]
    for (const [service, role] of wrong) {
      const token = await issueCertificate(seat({ service, role }), agentA, { now: START })
      expect(await causeOfRejection(check(token)), `${service} ${role}`).toBe('wrong-role')
    }
    const head = await issueCertificate(seat({ service: 'head', role: 'demand-owner' }), agentA, { now: START })
    expect(await causeOfRejection(check(head))).toBe('none')
  })

  it('is not mistaken for another document of the same signer', async () => {
    const list = await signRevocations({ cluster: CLUSTER, version: 1, now: START, peers: [] }, agentA)
    expect(await causeOfRejection(check(list))).toBe('malformed')
    expect(await causeOfRejection(check(definition.token))).not.toBe('none')
  })

  it('is refused under another type, even with the claims of a certificate', async () => {
    const claims = (await issueCertificate(seat(), agentA, { now: START })).split('.')[1] ?? ''
    const copy: object = JSON.parse(Buffer.from(claims, 'base64url').toString())
    expect(await causeOfRejection(check(await agentA.signJws(copy, 'muster-member+jwt')))).toBe('none')
    expect(await causeOfRejection(check(await agentA.signJws(copy, 'JWT')))).toBe('malformed')
  })

  it('is refused without an exception of another kind when it is no certificate at all', async () => {
    const token = await issueCertificate(seat(), agentA, { now: START })
    const bad = [
      '',
      '.',
      '..',
      '...',
      'a.b.c',
      token.slice(0, -10),
      `${token}.`,
      token.replace('.', '..'),
      `${'['.repeat(2000)}`,
    ]
    for (const text of bad)
      expect(['malformed', 'certificate-forged'], text.slice(0, 40)).toContain(await causeOfRejection(check(text)))
    expect(await causeOfRejection(check('x'.repeat(5000)))).toBe('too-large')
    const [, payload] = token.split('.')
    const unsigned = `${Buffer.from('{"alg":"none","typ":"muster-member+jwt"}').toString('base64url')}.${payload}.`
    expect(await causeOfRejection(check(unsigned))).toBe('certificate-forged')
  })
})

describe('A revocation', () => {
  it('ends a membership when its issuer or the coordinator says so, not when another agent does', async () => {
    const token = await issueCertificate(seat(), agentA, { now: START })
    for (const [issuer, expected] of [
      [agentA, 'certificate-revoked'],
      [coordinator, 'certificate-revoked'],
      [agentB, 'none'],
    ] as const) {
      const list = await signRevocations({ cluster: CLUSTER, version: 1, now: START, peers: [member.peer] }, issuer)
      const revocations = addRevocations(NO_REVOCATIONS, await verifyRevocations(list, definition))
      expect(await causeOfRejection(verifyCertificate(token, { definition, revocations, now: START }))).toBe(expected)
    }
  })

  it('is refused from strangers, from another cluster, and when a newer list is known', async () => {
    const list = (version: number, by = agentA, cluster = CLUSTER) =>
      signRevocations({ cluster, version, now: START, peers: [] }, by)
    expect(await causeOfRejection(verifyRevocations(await list(1, stranger), definition))).toBe('issuer-unknown')
    expect(await causeOfRejection(verifyRevocations(await list(1, agentA, 'x'), definition))).toBe(
      'certificate-other-cluster',
    )
    const forged = forge(await list(1), (claims) => Object.assign(claims, { peers: [member.peer] }))
    expect(await causeOfRejection(verifyRevocations(forged, definition))).toBe('revocations-forged')
    const roster = createRoster(definition)
    await roster.acceptRevocations(await list(2))
    expect(await causeOfRejection(roster.acceptRevocations(await list(1)))).toBe('revocations-stale')
    expect(await causeOfRejection(roster.acceptRevocations(await list(2)))).toBe('revocations-stale')
    expect(await causeOfRejection(roster.acceptRevocations(await list(1, agentB)))).toBe('none')
  })
})

describe('The roster', () => {
  it('knows members while their certificate holds, and forgets them after', async () => {
    const roster = createRoster(definition)
    expect(roster.membershipOf(member.peer, START)).toBe('no-certificate')
    await roster.admit(await issueCertificate(seat(), agentA, { now: START, lifeMs: HOUR }), START)
    expect(roster.membershipOf(member.peer, START)).toMatchObject({ role: 'worker' })
    expect(roster.membershipOf(member.peer, START + HOUR + SKEW)).toBe('certificate-expired')
    expect(roster.sweep(START + HOUR + SKEW)).toEqual([member.peer])
    expect(roster.membershipOf(member.peer, START + HOUR + SKEW)).toBe('no-certificate')
  })

  it('puts out who was revoked and whose issuer or service is no longer defined', async () => {
    const certificate = await issueCertificate(seat(), agentA, { now: START })
    const revoking = createRoster(definition)
    await revoking.admit(certificate, START)
    await revoking.acceptRevocations(
      await signRevocations({ cluster: CLUSTER, version: 1, now: START, peers: [member.peer] }, coordinator),
    )
    expect(revoking.membershipOf(member.peer, START)).toBe('certificate-revoked')
    const redefined = createRoster(definition)
    await redefined.admit(certificate, START)
    await redefined.acceptDefinition((await defineCluster({ version: 2, clouds: CONTENT.clouds.slice(1) })).token)
    expect(redefined.membershipOf(member.peer, START)).toBe('issuer-unknown')
    expect(redefined.membershipOf(agentA.peer, START)).toBe('no-certificate')
  })

  it('puts out a member whose slot was filled anew, in whatever order the certificates arrive', async () => {
    const old = await issueCertificate(seat(), agentA, { now: START })
    const next = await issueCertificate({ ...seat({ generation: 2 }), peer: stranger.peer }, agentA, { now: START })
    const inOrder = createRoster(definition)
    await inOrder.admit(old, START)
    await inOrder.admit(next, START)
    expect(inOrder.membershipOf(member.peer, START)).toBe('slot-superseded')
    expect(inOrder.membershipOf(stranger.peer, START)).toMatchObject({ slot: { generation: 2 } })
    const reversed = createRoster(definition)
    await reversed.admit(next, START)
    expect(await causeOfRejection(reversed.admit(old, START))).toBe('slot-superseded')
  })

  it('is bounded, and makes room by forgetting who is no longer a member', async () => {
    const roster = createRoster(definition, 2)
    const admit = async (number: number, now: number) => {
      const slot = { ...seat().slot, slot: number }
      return roster.admit(
        await issueCertificate({ ...seat(), peer: identityOf(number).peer, slot }, agentA, { now, lifeMs: HOUR }),
        now,
      )
    }
    await admit(20, START)
    await admit(21, START)
    expect(await causeOfRejection(admit(22, START))).toBe('store-full')
    expect(await causeOfRejection(admit(22, START + 2 * HOUR))).toBe('none')
    expect(roster.members(START + 2 * HOUR)).toHaveLength(1)
  })
})

import { createHash } from 'node:crypto'
import { createIdentity, type Identity, type VerifySignature } from '@muster/mesh/admission/identity.ts'
import type { Membership, PeerId } from '@muster/mesh/admission/membership.ts'
import { createNativeVerifier } from '@muster/mesh/admission/native-signature.ts'
import type { MeshRecord, RecordKind, SignedRecord } from '@muster/mesh/records/record.ts'
import { signRecord } from '@muster/mesh/records/record-codec.ts'
import { DEFAULT_STORE_LIMITS } from '@muster/mesh/records/record-store.ts'
import { type Topic, topicName } from '@muster/mesh/records/topics.ts'
import { receiveRecord } from '@muster/mesh/records/validate-topic.ts'
import { expect, test } from 'vitest'
import type { Validate } from './machine.ts'
import { CLUSTER } from './plan.ts'
import { falseGone } from './scenarios.ts'
import { createWorld, type World } from './world.ts'

const DIRECTORY: Topic = { name: 'directory' }
const WORKERS: Topic = { name: 'workers', cloud: 'a' }

/** A cluster with real keys, whose members check everything that comes in as on a real network. */
function guardedWorld(seed: number, verify: VerifySignature = createNativeVerifier()) {
  const identities = new Map<PeerId, Identity>()
  const idOf = (name: string) => {
    const identity = createIdentity(createHash('sha256').update(name).digest())
    identities.set(identity.peer, identity)
    return identity.peer
  }
  const signAs = (peer: PeerId, record: MeshRecord, cluster = CLUSTER) => {
    const identity = identities.get(peer)
    if (identity === undefined) throw new Error(`no key of ${peer}`)
    return signRecord(record, cluster, identity)
  }
  const verdicts = new Map<string, number>()
  const members = new Map<PeerId, Membership>()
  const validate: Validate = (node, bytes, topic, at, perform) => {
    const offer = (signed: SignedRecord, of: Topic) => {
      const taken = node.member.take(signed, of, topic !== undefined, at)
      perform(taken.effects)
      return taken.offered
    }
    const verdict = receiveRecord(
      bytes,
      { isAsked: true, now: at.wall, ...(topic === undefined ? {} : { topic }) },
      {
        cluster: CLUSTER,
        verify,
        membershipOf: (peer) => members.get(peer) ?? 'no-certificate',
        store: { judge: node.member.store.judge, offer },
      },
    )
    const cause = verdict.verdict === 'ignore' || verdict.verdict === 'reject' ? ` ${verdict.cause}` : ''
    verdicts.set(`${verdict.verdict}${cause}`, (verdicts.get(`${verdict.verdict}${cause}`) ?? 0) + 1)
  }
  const seal = { sign: (record: MeshRecord) => signAs(record.owner, record), open: () => undefined, certificate: '' }
  const world = createWorld({ seed, workersPerCloud: 5, idOf, seal, validate, startWithinMs: 0 })
  world.advance(1)
  for (const node of world.nodes.values()) members.set(node.id, node.membership)
  return { world, idOf, signAs, verdicts }
}

function say(world: World, from: PeerId, topic: Topic, signed: SignedRecord): void {
  world.node(from).transport.publish(topicName(CLUSTER, topic), signed)
}

test('a record signed by another than its owner is believed only where signatures are not checked', () => {
  const addressAfterLie = (verify?: VerifySignature) => {
    const { world, idOf, signAs } = guardedWorld(92, verify)
    world.advance(30_000)
    const [hostile, proxy, user] = [idOf('a-worker-0'), idOf('a-proxy-0'), idOf('a-worker-1')]
    const payload = { cloud: 'a', address: '6.6.6.6', ports: [], health: 'passing' } as const
    const { bootId } = world.node(proxy)
    const place = { owner: proxy, bootId, sequence: 1_000, kind: 'service', subject: 'proxy' } as const
    const lie = { ...place, issuedAt: world.times(hostile).wall, ttlMs: 90_000, payload }
    say(world, hostile, DIRECTORY, signAs(hostile, lie))
    world.advance(5_000)
    return world.node(user).member.resolve('proxy', world.times(user))[0]?.address
  }
  expect(addressAfterLie(() => true)).toBe('6.6.6.6')
  expect(addressAfterLie()).toBe('10.0.0.1')
})

test('a hostile member changes nothing: floods, lies, replays, oversized records, those of other roles and clusters', () => {
  const { world, idOf, signAs, verdicts } = guardedWorld(91)
  const [hostile, proxy, agent] = [idOf('a-worker-0'), idOf('a-proxy-0'), idOf('a-agent')]
  world.advance(30_000)
  const old = world.node(agent).member.store.get(proxy, 'presence', '')
  world.advance(200_000)
  world.notices.length = 0
  const wall = world.times(hostile).wall
  let sequence = 1_000_000
  const record = (kind: RecordKind, subject: string, payload: unknown, owner = hostile): MeshRecord => {
    sequence += 1
    const { bootId } = world.node(owner)
    return { owner, bootId, sequence, kind, subject, issuedAt: wall, ttlMs: 90_000, payload }
  }
  const stolen = { cloud: 'a', address: '6.6.6.6', ports: [{ name: 'http', port: 66 }], health: 'passing' } as const
  const idle = { cloud: 'a', state: 'idle', slots: 4, free: 4 } as const
  const lie = signAs(hostile, record('service', 'proxy', stolen, proxy))
  if (old === undefined) throw new Error('no presence of the proxy')
  for (let round = 0; round < 20; round++) {
    say(world, hostile, DIRECTORY, lie)
    say(world, hostile, DIRECTORY, signAs(hostile, record('service', 'proxy', stolen)))
    say(world, hostile, DIRECTORY, { record: lie.record, bytes: new Uint8Array(600).fill(0x61) })
    say(world, hostile, DIRECTORY, old)
    say(world, hostile, DIRECTORY, signAs(hostile, record('worker', '', idle)))
    say(world, hostile, WORKERS, signAs(hostile, record('worker', '', idle), 'another'))
    for (let flood = 0; flood < 20; flood++) say(world, hostile, WORKERS, signAs(hostile, record('worker', '', idle)))
    for (const peer of world.nodes.keys()) {
      if (peer === hostile) continue
      const about = { reason: 'silent', bootId: world.node(peer).bootId, sequence: 1_000_000 } as const
      say(world, hostile, WORKERS, signAs(hostile, record('suspicion', peer, about)))
    }
    world.advance(5_000)
  }
  world.advance(60_000)

  expect(falseGone(world)).toEqual([])
  for (const node of world.nodes.values()) {
    const [first] = node.member.resolve('proxy', world.times(node.id))
    expect(first?.address).not.toBe('6.6.6.6')
    expect(node.member.store.ofOwner(hostile).length).toBeLessThanOrEqual(DEFAULT_STORE_LIMITS.maxPerOwner)
  }
  const refused = ['record-forged', 'wrong-role', 'wrong-topic', 'too-large'].map((cause) => `reject ${cause}`)
  for (const verdict of [...refused, 'ignore record-stale', 'ignore rate-limited']) {
    expect(verdicts.get(verdict), `${verdict} of ${[...verdicts.keys()].join(', ')}`).toBeGreaterThan(0)
  }
})

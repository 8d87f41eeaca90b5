import type { Secret } from '@muster/contexts/secret.ts'
import { describe, expect, test } from 'vitest'
import { issueCertificate } from '../../src/admission/certificate.ts'
import type { Identity } from '../../src/admission/identity.ts'
import {
  createJoinRequest,
  decodeJoinAnswer,
  encodeJoinRequest,
  JOIN_NONCE_BYTES,
  MAX_JOIN_ANSWER_BYTES,
} from '../../src/admission/join.ts'
import { exchangeJoin, JOIN_PROTOCOL } from '../../src/joining/protocol.ts'
import type { FrameStream } from '../../src/network/streams.ts'
import { agentA, CLUSTER, defineCluster, identityOf } from '../admission/cluster.ts'
import { createJoinWorld, HOUR, isInTrouble, isMember, type JoinWorld, reached, startMachine } from './join-world.ts'
import { WORKER } from './test-issuer.ts'

const stranger = identityOf(60)

function requestOf(
  token: Secret,
  identity: Identity,
  changes: { readonly cluster?: string; readonly issuer?: string },
) {
  const wish = { cluster: CLUSTER, issuer: agentA.peer, kind: 'join', right: token.reveal(), ...changes } as const
  return encodeJoinRequest(createJoinRequest({ ...wish, nonce: new Uint8Array(JOIN_NONCE_BYTES) }, identity))
}

async function send(world: JoinWorld, request: Uint8Array, identity = stranger) {
  const stream = await world.network.start(identity.peer).open(agentA.peer, JOIN_PROTOCOL)
  const answer = decodeJoinAnswer(await exchangeJoin(stream, request))
  return answer.outcome === 'admitted' ? 'admitted' : answer
}

describe('an issuer among strangers', () => {
  test('refuses who shows the request of another, to another issuer or for another cluster', async () => {
    const world = await createJoinWorld()
    const token = await world.agent.newToken()
    const cases = [
      [requestOf(token, identityOf(61), {}), 'wrong-peer'],
      [requestOf(token, stranger, { issuer: identityOf(62).peer }), 'bad-proof'],
      [requestOf(token, stranger, { cluster: 'clu_other' }), 'token-other-cluster'],
      [Uint8Array.of(0xff), 'malformed'],
    ] as const
    for (const [request, cause] of cases) expect(await send(world, request)).toMatchObject({ cause })
    expect(world.agent.refusals.totals()).toEqual(new Map(cases.map(([, cause]) => [cause, 1])))
    expect(await send(world, requestOf(token, stranger, {}))).toBe('admitted')
  })

  test('renews no certificate that is forged, of another peer or cluster, or has expired for too long', async () => {
    const world = await createJoinWorld()
    const now = world.clock.now()
    const seat = { cluster: CLUSTER, peer: stranger.peer, role: 'worker', slot: WORKER } as const
    const own = await issueCertificate(seat, agentA, { now })
    const expired = await issueCertificate(seat, agentA, { now: now - 10 * 24 * HOUR })
    const cases = [
      [`${own.slice(0, -20)}${'A'.repeat(20)}`, 'certificate-forged'],
      [await issueCertificate(seat, identityOf(62), { now }), 'issuer-unknown'],
      [await issueCertificate({ ...seat, peer: identityOf(61).peer }, agentA, { now }), 'certificate-other-peer'],
      [await issueCertificate({ ...seat, cluster: 'clu_other' }, agentA, { now }), 'certificate-other-cluster'],
      [await issueCertificate(seat, agentA, { now: now + HOUR }), 'certificate-not-yet-valid'],
      [expired, 'certificate-expired'],
      [expired, 'certificate-expired'],
    ] as const
    for (const [right, cause] of cases) {
      const wish = { cluster: CLUSTER, issuer: agentA.peer, kind: 'renew', right } as const
      const request = createJoinRequest({ ...wish, nonce: new Uint8Array(JOIN_NONCE_BYTES) }, stranger)
      expect(await send(world, encodeJoinRequest(request)), cause).toMatchObject({ cause })
    }
    const causes = new Set(cases.map(([, cause]) => cause))
    expect([...world.agent.refusals.totals()]).toEqual(
      [...causes].map((cause) => [cause, cause === 'certificate-expired' ? 2 : 1]),
    )
    expect(world.heard.lines.map((line) => line.split(' ')[1])).toEqual([...causes])
  })

  test('asks a peer that asks too often to come back, and nobody else', async () => {
    const world = await createJoinWorld()
    const token = await world.agent.newToken()
    const request = requestOf(token, stranger, {})
    const outcomes: unknown[] = []
    for (let count = 0; count < 12; count++) outcomes.push(await send(world, request))
    expect(outcomes.filter((outcome) => outcome === 'admitted')).toHaveLength(10)
    expect(outcomes.at(-1)).toEqual({ outcome: 'refused', cause: 'rate-limited', retryAfterMs: 10_000 })
    const other = identityOf(63)
    expect(await send(world, requestOf(await world.agent.newToken({ slot: 1 }), other, {}), other)).toBe('admitted')
    await world.clock.advance(10_000)
    expect(await send(world, request)).toBe('admitted')
    expect(world.agent.refusals.totals()).toEqual(new Map([['rate-limited', 2]]))
    expect(world.heard.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1)
  })

  test('lets go of those who open a conversation and say nothing, or too much', async () => {
    const world = await createJoinWorld()
    const streams = world.network.start(stranger.peer)
    const silent = await streams.open(agentA.peer, JOIN_PROTOCOL)
    const silence = expect(silent.receive()).rejects.toMatchObject({ code: 'unreachable' })
    await world.clock.advance(JOIN_PROTOCOL.deadlineMs)
    await silence
    const loud = await streams.open(agentA.peer, JOIN_PROTOCOL)
    await loud.send(new Uint8Array(5000))
    await expect(loud.receive()).rejects.toMatchObject({ code: 'unreachable' })
    expect(world.network.open()).toBe(0)
  })

  test('that cannot write its journal admits nobody, and the machine asks again', async () => {
    let isBroken = true
    const world = await createJoinWorld({
      journal: {
        load: async () => [],
        append: async (entry) => {
          if (isBroken && entry.type === 'used') throw new Error('the disk')
        },
      },
    })
    const machine = await startMachine(world, { token: await world.agent.newToken() })
    await reached(machine, isInTrouble)
    expect(machine.joining.phase().trouble).toBe('The issuer cannot answer just now.')
    isBroken = false
    await world.clock.advance(10_000)
    await reached(machine, isMember)
  })

  test('sends a definition that is larger than a frame', async () => {
    const services = Array.from({ length: 60 }, (_, index) => ({
      name: `service-${index}`,
      kind: 'scalable' as const,
      ownsDemand: false,
      provides: Array.from({ length: 8 }, (_, port) => ({ name: `port-${port}-${'x'.repeat(30)}`, port: port + 1 })),
    }))
    const definition = await defineCluster({
      services: [...services, { name: 'worker', kind: 'scalable', ownsDemand: false }],
    })
    expect(definition.token.length).toBeGreaterThan(2 * JOIN_PROTOCOL.maxFrameBytes)
    const world = await createJoinWorld({ definition })
    const machine = await startMachine(world, { token: await world.agent.newToken() })
    await reached(machine, isMember)
    expect(machine.joining.credentials()?.definition.token).toBe(definition.token)
  })
})

describe('a machine at a hostile issuer', () => {
  const answers: readonly (readonly [string, (stream: FrameStream) => Promise<void>, RegExp])[] = [
    ['nonsense', async (stream) => stream.send(Uint8Array.of(1, 2, 3)), /does not hold/],
    ['nothing', async () => undefined, /without an answer/],
    [
      'more than it may',
      async (stream) => {
        const piece = new Uint8Array(JOIN_PROTOCOL.maxFrameBytes)
        for (let sent = 0; sent <= MAX_JOIN_ANSWER_BYTES; sent += piece.length) await stream.send(piece)
      },
      /does not hold: A join answer of more than/,
    ],
    ['an endless row of empty frames', async (stream) => sendEmptyFrames(stream), /or one of nothing/],
  ]
  test.each(answers)('that answers with %s keeps its token and says what is wrong', async (_, answer, trouble) => {
    const world = await createJoinWorld()
    const token = await world.agent.newToken()
    world.network.start(agentA.peer).serve(JOIN_PROTOCOL, async (stream) => {
      await stream.receive()
      await answer(stream)
    })
    const machine = await startMachine(world, { token })
    await reached(machine, isInTrouble)
    expect(machine.joining.phase()).toEqual({ phase: 'joining', trouble: expect.stringMatching(trouble) })
    expect(machine.keeping.token()?.equals(token)).toBe(true)
  })
})

async function sendEmptyFrames(stream: FrameStream): Promise<void> {
  for (;;) await stream.send(new Uint8Array(0))
}

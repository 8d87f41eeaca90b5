import { createHash } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from '@muster/contexts/pairing/bytes.ts'
import { createClaimantChannel } from '@muster/contexts/pairing/channel.ts'
import { confirmMachine, finishClaimant, startClaimant } from '@muster/contexts/pairing/handshake.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { describe, expect, test } from 'vitest'
import { type ClaimSession, createClaimSession, type SessionOutput } from '../../src/pairing/claim-session.ts'

const binding = {
  pairingId: 'pair_1',
  claimId: 'clm_1',
  accountId: 'acc_1',
  agentPublicKey: encodeBase64url(createHash('sha256').update('agent').digest()),
}
const random = createSeededRandom(5)
const optionsFor = (secret: string) => ({ binding, secret: new Secret(secret), random })

function replyIn(outputs: readonly SessionOutput[]): Uint8Array {
  const reply = outputs.find((output) => output.type === 'reply')
  if (reply === undefined) throw new Error('the machine did not reply')
  return decodeBase64url(reply.body)
}

/** Takes the handshake to its end; each message of the claimant arrives `times` times. */
function connect(session: ClaimSession, times: number) {
  const outputs: SessionOutput[] = []
  const deliver = (message: Uint8Array) => {
    const received: SessionOutput[] = []
    for (let time = 0; time < times; time++) received.push(...session.receive(encodeBase64url(message)))
    outputs.push(...received)
    return replyIn(received)
  }
  const started = startClaimant(optionsFor('BCDF'))
  const confirmed = confirmMachine(started.next, deliver(started.send))
  const keys = finishClaimant(confirmed.next, deliver(confirmed.send))
  return { channel: createClaimantChannel(keys), outputs }
}

describe('the machine in a claim', () => {
  test('takes a message that was sent twice, because its answer was lost, once', () => {
    const session = createClaimSession(optionsFor('BCDF'))
    const { channel, outputs } = connect(session, 2)
    expect(outputs.map((output) => output.type)).toEqual(['reply', 'reply', 'outcome'])
    const approve = encodeBase64url(channel.seal({ type: 'approve' }))
    expect(session.receive(approve)).toEqual([{ type: 'message', message: { type: 'approve' } }])
    expect(session.receive(approve)).toEqual([])
    const withdraw = encodeBase64url(channel.seal({ type: 'withdraw' }))
    expect(session.receive(withdraw)).toEqual([{ type: 'message', message: { type: 'withdraw' } }])
  })

  test('ends the talk at an older message that comes again', () => {
    const session = createClaimSession(optionsFor('BCDF'))
    const { channel } = connect(session, 1)
    const first = encodeBase64url(channel.seal({ type: 'approve' }))
    session.receive(first)
    session.receive(encodeBase64url(channel.seal({ type: 'withdraw' })))
    expect(session.receive(first)).toEqual([{ type: 'bad-message', reason: 'forged' }])
    const farewell = { type: 'closed', code: 'protocol', message: 'over' } as const
    expect(channel.open(decodeBase64url(session.seal(farewell)))).toEqual(farewell)
  })

  test('counts a wrong PIN once, however often the proof arrives', () => {
    const session = createClaimSession(optionsFor('BCDF'))
    const started = startClaimant(optionsFor('BCDG'))
    const { send } = confirmMachine(started.next, replyIn(session.receive(encodeBase64url(started.send))))
    const proof = encodeBase64url(send)
    const outputs = [...session.receive(proof), ...session.receive(proof)]
    expect(outputs).toMatchObject([{ type: 'outcome', outcome: 'wrong-pin' }])
  })
})

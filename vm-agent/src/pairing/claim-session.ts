import { PairingError } from '@muster/contexts/fault.ts'
import { decodeBase64url, encodeBase64url } from '@muster/contexts/pairing/bytes.ts'
import { createMachineChannel, type SealedChannel } from '@muster/contexts/pairing/channel.ts'
import {
  type AwaitingClaimantTag,
  answerClaimant,
  checkClaimant,
  type HandshakeOptions,
} from '@muster/contexts/pairing/handshake.ts'
import type { ClaimantMessage, MachineMessage } from '@muster/contexts/wire/channel.ts'

/** What one message of the claimant leads to. */
export type SessionOutput =
  /** To be posted, base64url. */
  | { readonly type: 'reply'; readonly body: string }
  | { readonly type: 'outcome'; readonly outcome: 'confirmed' | 'wrong-pin' | 'protocol'; readonly reason: string }
  | { readonly type: 'message'; readonly message: ClaimantMessage }
  | { readonly type: 'bad-message'; readonly reason: string }

/**
 * The machine's side of one claim: the handshake, then the sealed channel. Holds the keys; forget it with the claim.
 * Never throws for what the other side sends.
 */
export interface ClaimSession {
  readonly claimId: string
  receive(body: string): readonly SessionOutput[]
  /**
   * The message sealed and base64url-coded, in the order of the calls.
   *
   * @throws {PairingError} too-large
   */
  seal(message: MachineMessage): string
}

type Channel = SealedChannel<MachineMessage, ClaimantMessage>

type Stage =
  | { readonly name: 'answer' }
  | { readonly name: 'check'; readonly awaiting: AwaitingClaimantTag }
  | { readonly name: 'talk'; readonly channel: Channel }
  /** With the channel, if there is one: the last word to the claimant goes through it. */
  | { readonly name: 'over'; readonly channel: Channel | undefined }

/** Begins the machine's side of a claim. */
export function createClaimSession(options: HandshakeOptions): ClaimSession {
  let stage: Stage = { name: 'answer' }
  let lastBody: string | undefined

  function shakeHands(body: string): readonly SessionOutput[] {
    if (stage.name === 'answer') {
      const { send, next } = answerClaimant(options, decodeBase64url(body))
      stage = { name: 'check', awaiting: next }
      return [{ type: 'reply', body: encodeBase64url(send) }]
    }
    if (stage.name !== 'check') return []
    const { send, next } = checkClaimant(stage.awaiting, decodeBase64url(body))
    stage = { name: 'talk', channel: createMachineChannel(next) }
    return [
      { type: 'reply', body: encodeBase64url(send) },
      { type: 'outcome', outcome: 'confirmed', reason: '' },
    ]
  }

  return {
    claimId: options.binding.claimId,
    receive(body) {
      // A claimant that lost the answer to its post sends the same again; two different messages never look alike.
      if (body === lastBody) return []
      lastBody = body
      try {
        if (stage.name !== 'talk') return shakeHands(body)
        return [{ type: 'message', message: stage.channel.open(decodeBase64url(body)) }]
      } catch (error) {
        if (!(error instanceof PairingError)) throw error
        const channel = stage.name === 'talk' ? stage.channel : undefined
        stage = { name: 'over', channel }
        if (channel !== undefined) return [{ type: 'bad-message', reason: error.code }]
        const outcome = error.code === 'pin-wrong' ? 'wrong-pin' : 'protocol'
        return [{ type: 'outcome', outcome, reason: error.message }]
      }
    },
    seal(message) {
      const channel = 'channel' in stage ? stage.channel : undefined
      if (channel === undefined) throw new PairingError('protocol', 'The channel of this claim is not open')
      return encodeBase64url(channel.seal(message))
    },
  }
}

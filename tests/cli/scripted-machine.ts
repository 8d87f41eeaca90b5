import { type ApiClient, createApiClient } from '@muster/contexts/api/client.ts'
import { PairingError } from '@muster/contexts/fault.ts'
import { decodeBase64url, encodeBase64url } from '@muster/contexts/pairing/bytes.ts'
import { createMachineChannel } from '@muster/contexts/pairing/channel.ts'
import { answerClaimant, checkClaimant } from '@muster/contexts/pairing/handshake.ts'
import { checkPhrase, formatPhrase } from '@muster/contexts/pairing/phrase.ts'
import { formatPin } from '@muster/contexts/pairing/pin.ts'
import { Secret } from '@muster/contexts/secret.ts'
import type { ClaimantMessage, MachineMessage } from '@muster/contexts/wire/channel.ts'
import type { IssuedPairing, MachineFacts } from '@muster/contexts/wire/pairings.ts'
import { systemRandom } from '@muster/runtime/random.ts'

/** What a machine of a test does with what it is told; the messages are sent in order. */
export type Script = (message: ClaimantMessage) => readonly MachineMessage[]

/** One claim, as the machine saw it. */
export interface ServedClaim {
  readonly claimId: string
  readonly login: string
  readonly phrase: string
  /** Everything that the claimant said. */
  readonly said: readonly ClaimantMessage[]
}

/** A machine that shows a PIN and does as the test says: the real protocol, and nothing behind it. */
export interface ScriptedMachine {
  readonly pin: string
  readonly pairing: IssuedPairing
  /** The coordinator as this agent asks it. */
  readonly api: ApiClient
  /** Waits for a claim and answers its share: the claimant can now prove the PIN. */
  answerShare(): Promise<{ check(): Promise<void> } & Claimant>
  /** Waits for a claim and serves it until something finished or closed. @throws {PairingError} pin-wrong, after rejecting it */
  serve(script: Script): Promise<ServedClaim>
}

interface Claimant {
  readonly claimId: string
  readonly login: string
}

export const FACTS: MachineFacts = {
  hostname: 'testbed',
  os: 'Debian GNU/Linux 12',
  architecture: 'x86_64',
  cpus: 2,
  memoryMiB: 2048,
  addresses: ['192.0.2.7'],
  agentVersion: '0.1.0',
  bootedAt: '2026-11-22T10:00:00Z',
}

/** Asks the coordinator for a pairing and shows its PIN. */
export async function issueMachine(url: string, secretHalf = 'MJHT'): Promise<ScriptedMachine> {
  const options = {
    baseUrl: url,
    random: systemRandom,
    fetch: (target: string, init: RequestInit) => fetch(target, init),
  }
  const agentPublicKey = encodeBase64url(systemRandom.bytes(32))
  const secret = new Secret(secretHalf)
  const pairing = await createApiClient(options).pairings.issue({ facts: FACTS, agentPublicKey })
  const { pairingId } = pairing
  const api = createApiClient({ ...options, token: new Secret(pairing.agentToken) })
  let after = 0
  let last: string | undefined

  async function nextBody(): Promise<string> {
    for (;;) {
      const { messages } = await api.pairings.messages(pairingId, { after, waitMs: 25_000, state: 'claimed' })
      const [first] = messages
      if (first === undefined) continue
      after = first.sequence
      // A claimant that lost the answer to its post sends the same text again.
      if (first.body === last) continue
      last = first.body
      return first.body
    }
  }
  async function claimed() {
    for (;;) {
      const { claimant } = await api.pairings.messages(pairingId, { after, waitMs: 25_000, state: 'waiting' })
      if (claimant !== undefined) return claimant
    }
  }
  const post = (claimId: string, body: Uint8Array) =>
    api.pairings.post(pairingId, { claimId, body: encodeBase64url(body) })

  async function shakeHands() {
    const { claimId, accountId, login } = await claimed()
    const binding = { pairingId, claimId, accountId, agentPublicKey }
    const answered = answerClaimant({ binding, secret, random: systemRandom }, decodeBase64url(await nextBody()))
    await post(claimId, answered.send)
    const finish = async () => {
      try {
        const checked = checkClaimant(answered.next, decodeBase64url(await nextBody()))
        await api.pairings.complete(pairingId, claimId)
        await post(claimId, checked.send)
        return checked.next
      } catch (error) {
        if (!(error instanceof PairingError)) throw error
        await api.pairings.rejectClaim(pairingId, { claimId, reason: 'wrong-pin' })
        throw error
      }
    }
    return { claimId, login, finish }
  }

  return {
    pin: formatPin({ locator: pairing.locator, secret }),
    pairing,
    api,
    async answerShare() {
      const { claimId, login, finish } = await shakeHands()
      return { claimId, login, check: async () => void (await finish()) }
    },
    async serve(script) {
      const { claimId, login, finish } = await shakeHands()
      const keys = await finish()
      const channel = createMachineChannel(keys)
      const said: ClaimantMessage[] = []
      for (let isFinished = false; !isFinished; ) {
        const message = channel.open(decodeBase64url(await nextBody()))
        said.push(message)
        const answers = script(message)
        for (const answer of answers) await post(claimId, channel.seal(answer))
        isFinished = answers.some(({ type }) => type === 'finished' || type === 'closed') || message.type === 'withdraw'
      }
      return { claimId, login, said, phrase: formatPhrase(checkPhrase(keys.phraseSeed)) }
    },
  }
}

const CHANGE = { action: 'create', address: 'user:alice', summary: 'user alice', undo: 'exact' } as const

/** A machine that plans one change and makes it. */
export const OBEDIENT: Script = (message) => {
  if (message.type === 'propose') return [{ type: 'proposal-plan', changes: [CHANGE], diagnostics: [] }]
  if (message.type === 'withdraw') return []
  const step = { type: 'progress', index: 1, total: 1, address: 'user:alice' } as const
  return [{ ...step, phase: 'started' }, { ...step, phase: 'done' }, finished('applied')]
}

/** The end of an apply. */
export function finished(outcome: 'applied' | 'rolled-back'): MachineMessage {
  const at = '2026-11-22T10:00:00Z'
  const summary = { finishedAt: at, outcome, changes: 1, warnings: 0, notDone: 0, durationMs: 1234 }
  const failure = outcome === 'applied' ? {} : { errorCode: 'write-failed' }
  return { type: 'finished', summary: { ...summary, ...failure }, report: ['user alice was made'] }
}

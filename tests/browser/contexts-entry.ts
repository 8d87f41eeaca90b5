import { encodeBase64url } from '@muster/contexts/pairing/bytes.ts'
import { createClaimantChannel, createMachineChannel } from '@muster/contexts/pairing/channel.ts'
import {
  answerClaimant,
  checkClaimant,
  confirmMachine,
  finishClaimant,
  type HandshakeOptions,
  startClaimant,
} from '@muster/contexts/pairing/handshake.ts'
import { checkPhrase, formatPhrase } from '@muster/contexts/pairing/phrase.ts'
import { parsePin } from '@muster/contexts/pairing/pin.ts'
import type { InstanceFacts } from '@muster/contexts/plan/facts.ts'
import { planContext } from '@muster/contexts/plan/plan-context.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { decodeContext } from '@muster/contexts/userdata/decode.ts'
import { printDocument } from '@muster/contexts/userdata/print.ts'

/** A machine that exists nowhere. */
export const FACTS: InstanceFacts = {
  hostname: 'bench',
  fqdn: 'bench.example.org',
  cpus: 4,
  memoryMiB: 8192,
  architecture: 'x86_64',
  os: { id: 'debian', version: '12', name: 'Debian GNU/Linux 12' },
  address: '192.0.2.7',
  metadata: { publicKeys: [] },
}

/** Everything that decoding and planning make of a text, secrets included, as text that can be compared. */
export function analyze(text: string): string {
  const document = decodeContext(text)
  const { plan, diagnostics } = planContext(document, FACTS)
  const boot = [...document.bootBlock.settings]
  const isPrintedBack = printDocument(document) === text
  return JSON.stringify({ plan, diagnostics, boot, isPrintedBack, script: document.script }, reveal)
}

/**
 * Both sides of a pairing with bytes drawn from a seed: keys, check phrase, and a message sealed on one side and opened
 * on the other, so that curve, hash and cipher are all in what is compared.
 */
export function pair(typedPin: string, seed: number): string {
  const options: HandshakeOptions = {
    binding: { pairingId: 'pair_1', claimId: 'clm_1', accountId: 'acc_1', agentPublicKey: 'A'.repeat(43) },
    secret: parsePin(typedPin).secret,
    random: seededBytes(seed),
  }
  const first = startClaimant(options)
  const second = answerClaimant(options, first.send)
  const third = confirmMachine(first.next, second.send)
  const fourth = checkClaimant(second.next, third.send)
  const claimantKeys = finishClaimant(third.next, fourth.send)
  const frame = createClaimantChannel(claimantKeys).seal({ type: 'approve' })
  const opened = createMachineChannel(fourth.next).open(frame)
  const phrase = formatPhrase(checkPhrase(claimantKeys.phraseSeed))
  return JSON.stringify({ first: encodeBase64url(first.send), phrase, frame, opened }, reveal)
}

/** A fixed sequence of bytes for comparing two machines; no randomness (numerical recipes' linear congruence). */
function seededBytes(seed: number): HandshakeOptions['random'] {
  let state = seed >>> 0
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  }
  return { bytes: (length) => Uint8Array.from({ length }, next) }
}

function reveal(_key: string, value: unknown): unknown {
  // JSON.stringify has called toJSON already, so a Secret arrives masked unless its holder is looked at.
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return { bytes: encodeBase64url(value) }
  if (Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      inner instanceof Secret ? { revealed: inner.reveal() } : inner,
    ]),
  )
}

import { verifySignature } from '../admission/identity.ts'
import type { PeerId } from '../admission/membership.ts'
import { causeOf } from '../admission/refusals.ts'
import { MeshError } from '../fault.ts'
import type { GossipVerdict } from '../network/network-host.ts'
import { type Arrival, receiveRecord, type Verdict } from '../records/validate-topic.ts'
import type { CertificateAsks } from './certificate-asks.ts'
import type { NodeCore } from './core.ts'
import { give } from './tell.ts'

/** Refusals that honest members of a busy cluster run into all the time. */
const USUAL: ReadonlySet<string> = new Set(['duplicate', 'record-stale', 'revocations-stale', 'definition-stale'])

/** Judges a record of a topic before it is passed on; asks the neighbor for the owner's certificate if it must. */
export async function judgeGossip(
  core: NodeCore,
  asks: CertificateAsks,
  topic: string,
  bytes: Uint8Array,
  from: PeerId,
): Promise<GossipVerdict> {
  core.counts.recordsReceived += 1
  const first = judgeRecord(core, bytes, { topic, isAsked: false }, from)
  if (first?.verdict !== 'ask') return verdictOf(first)
  // Without an answer nobody is to blame: the neighbor may be busy, or its certificate on the way.
  if (!(await asks.ask(from, first.owner))) {
    core.refusals.count('no-certificate', { peer: from })
    return { verdict: 'ignore' }
  }
  return verdictOf(judgeRecord(core, bytes, { topic, isAsked: true }, from))
}

/** Judges a record and gives it to the member if it is good; counts why not. Undefined before there is a member. */
export function judgeRecord(
  core: NodeCore,
  bytes: Uint8Array,
  arrival: Omit<Arrival, 'now'>,
  from: PeerId,
): Verdict | undefined {
  const { roster, member, parts } = core
  if (roster === undefined || member === undefined) return undefined
  const verdict = receiveRecord(
    bytes,
    { ...arrival, now: parts.clock.now() },
    {
      cluster: parts.trust.cluster,
      verify: verifySignature,
      membershipOf: roster.membershipOf,
      store: {
        judge: member.store.judge,
        offer: (signed, topic) => give(core, member, signed, topic, arrival.topic !== undefined),
      },
    },
  )
  if ('cause' in verdict && verdict.cause !== 'duplicate' && !USUAL.has(verdict.cause)) {
    core.refusals.count(verdict.cause, { peer: from })
    core.trace.add('refused', `a record: ${verdict.cause}`, { peer: from })
  }
  return verdict
}

/** Admits a certificate that somebody passes on, and counts why not. */
export async function admitCertificate(core: NodeCore, certificate: string, from: PeerId): Promise<void> {
  try {
    await core.roster?.admit(certificate, core.parts.clock.now())
  } catch (error) {
    countRefusal(core, error, from)
  }
}

/** Counts a refusal by its cause. @throws `error` when it is none */
export function countRefusal(core: NodeCore, error: unknown, peer: PeerId): void {
  if (!(error instanceof MeshError)) throw error
  const cause = causeOf(error)
  if (USUAL.has(cause)) return
  core.refusals.count(cause, { peer, error: error.message })
  core.trace.add('refused', error.message, { peer })
}

function verdictOf(verdict: Verdict | undefined): GossipVerdict {
  switch (verdict?.verdict) {
    case 'accept':
      return { verdict: 'accept', message: verdict.held }
    case 'reject':
      return { verdict: 'reject' }
    default:
      return { verdict: 'ignore' }
  }
}

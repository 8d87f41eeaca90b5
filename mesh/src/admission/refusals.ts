import type { Log } from '@muster/runtime/log.ts'
import { MeshError, type MeshErrorCode } from '../fault.ts'

/** Each cause of a refusal with the code of the error that states it; the causes are labels of a metric. */
const CODES = {
  'bad-proof': 'bad-signature',
  'certificate-expired': 'bad-certificate',
  'certificate-forged': 'bad-certificate',
  'certificate-not-yet-valid': 'bad-certificate',
  'certificate-other-cluster': 'bad-certificate',
  'certificate-other-peer': 'bad-certificate',
  'certificate-revoked': 'bad-certificate',
  'certificate-too-long': 'bad-certificate',
  'definition-conflict': 'bad-certificate',
  'definition-forged': 'bad-signature',
  'definition-other-cluster': 'refused',
  'definition-stale': 'stale-record',
  'duplicate-slot': 'refused',
  'issuer-unknown': 'bad-certificate',
  malformed: 'malformed',
  'no-certificate': 'bad-certificate',
  'not-approved': 'refused',
  'rate-limited': 'refused',
  'record-expired': 'stale-record',
  'record-forged': 'bad-signature',
  'record-from-future': 'stale-record',
  'record-stale': 'stale-record',
  'revocations-forged': 'bad-signature',
  'revocations-stale': 'stale-record',
  'slot-superseded': 'refused',
  'store-full': 'refused',
  'token-expired': 'bad-token',
  'token-other-cluster': 'bad-token',
  'token-unknown': 'bad-token',
  'token-used': 'bad-token',
  'too-large': 'too-large',
  'too-many-records': 'refused',
  'try-later': 'refused',
  'version-mismatch': 'version-mismatch',
  'wrong-peer': 'refused',
  'wrong-role': 'wrong-role',
  'wrong-topic': 'refused',
} as const satisfies Readonly<Record<string, MeshErrorCode>>

/** Why a peer, certificate, token or record was not accepted; finer than the code of the error. */
export type RefusalCause = keyof typeof CODES

/** All causes; the order is that of the wire, so new ones go to the end of `CODES`. */
export const REFUSAL_CAUSES = Object.keys(CODES) as readonly RefusalCause[]

/** The error for a cause; the cause itself is in `details.cause`. */
export function refusal(cause: RefusalCause, message: string, options: { cause?: unknown; hint?: string } = {}) {
  return new MeshError(CODES[cause], message, { ...options, details: { cause } })
}

/** The cause of any error of the mesh: what `refusal` put into it, else the nearest to its code. */
export function causeOf(error: MeshError): RefusalCause {
  const cause = REFUSAL_CAUSES.find((each) => each === error.details['cause'])
  return cause ?? REFUSAL_CAUSES.find((each) => each === error.code) ?? 'malformed'
}

/** Counts refusals by cause, and writes the first of each cause to the log: a flood must not become a flood of lines. */
export interface RefusalCounter {
  /** @param facts - who and what, for the line of the log; no secrets */
  readonly count: (cause: RefusalCause, facts?: Readonly<Record<string, unknown>>) => void
  /** So far, for metrics; causes that did not happen are left out. */
  readonly totals: () => ReadonlyMap<RefusalCause, number>
}

/** A counter from zero; one for each process, so that each cause is logged once. */
export function createRefusalCounter(log: Log): RefusalCounter {
  const totals = new Map<RefusalCause, number>()
  return {
    count(cause, facts = {}) {
      const before = totals.get(cause) ?? 0
      totals.set(cause, before + 1)
      if (before > 0) return
      // Everybody is refused so until the own admission is done: that is how joining begins.
      const level = cause === 'try-later' ? 'debug' : 'warn'
      log[level]({ ...facts, cause }, 'Refused a peer of the mesh; further ones of this cause are only counted')
    },
    totals: () => new Map(totals),
  }
}

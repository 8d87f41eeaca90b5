import type { Secret } from '@muster/contexts/secret.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { Trust } from '../admission/definition.ts'
import type { Identity } from '../admission/identity.ts'
import {
  createJoinRequest,
  decodeJoinAnswer,
  encodeJoinRequest,
  JOIN_NONCE_BYTES,
  type Joined,
  openJoinAnswer,
} from '../admission/join.ts'
import type { RefusalCause } from '../admission/refusals.ts'
import { MeshError } from '../fault.ts'
import type { Streams } from '../network/streams.ts'
import type { IssuerAddress } from './joining.ts'
import { exchangeJoin, JOIN_PROTOCOL } from './protocol.ts'

/** What asking stands on. */
export interface AskParts {
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  readonly identity: Identity
  readonly trust: Trust
  readonly streams: Pick<Streams, 'open'>
  /** The cloud's identifier of this machine. */
  readonly instance?: string
}

/** What gives the right to be admitted. */
export type JoinRight =
  | { readonly kind: 'join'; readonly token: Secret }
  | { readonly kind: 'renew'; readonly certificate: string }

/** How asking went; `failed` may go better another time, `trouble` is for people. */
export type AskResult =
  | { readonly type: 'joined'; readonly joined: Joined }
  | { readonly type: 'failed'; readonly trouble: string }
  | { readonly type: 'refused'; readonly cause: RefusalCause; readonly retryAfterMs?: number }

/** Asks one issuer once. @throws `signal.reason` - when aborted */
export async function askIssuer(
  issuer: IssuerAddress,
  right: JoinRight,
  parts: AskParts,
  signal: AbortSignal,
): Promise<AskResult> {
  const { identity, trust, clock } = parts
  const nonce = parts.random.bytes(JOIN_NONCE_BYTES)
  try {
    const request = createJoinRequest(
      {
        cluster: trust.cluster,
        issuer: issuer.peer,
        kind: right.kind,
        right: right.kind === 'join' ? right.token.reveal() : right.certificate,
        nonce,
        ...(parts.instance === undefined ? {} : { instance: parts.instance }),
      },
      identity,
    )
    const answer = decodeJoinAnswer(await converse(issuer, encodeJoinRequest(request), parts.streams, signal))
    if (answer.outcome === 'refused') {
      const { cause, retryAfterMs } = answer
      return { type: 'refused', cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
    }
    const joined = await openJoinAnswer(answer, { trust, peer: identity.peer, nonce, now: clock.now() })
    return { type: 'joined', joined }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof MeshError)) throw error
    return { type: 'failed', trouble: troubleOfError(issuer, error) }
  }
}

async function converse(
  issuer: IssuerAddress,
  request: Uint8Array,
  streams: Pick<Streams, 'open'>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { peer, addresses } = issuer
  const stream = await streams.open(peer, JOIN_PROTOCOL, {
    signal,
    ...(addresses.length === 0 ? {} : { addresses }),
  })
  const reset = () => stream.reset()
  signal.addEventListener('abort', reset, { once: true })
  try {
    return await exchangeJoin(stream, request)
  } finally {
    signal.removeEventListener('abort', reset)
  }
}

function troubleOfError(issuer: IssuerAddress, error: MeshError): string {
  const where = issuer.addresses.length === 0 ? '' : ` at ${issuer.addresses.join(', ')}`
  const who = `The issuer ${issuer.peer}${where}`
  const hint = error.hint === undefined ? '' : ` ${error.hint}`
  if (error.code === 'unreachable') return `${who} is not reached: ${error.message}.${hint}`
  return `The answer of the issuer ${issuer.peer} does not hold: ${error.message}.${hint}`
}

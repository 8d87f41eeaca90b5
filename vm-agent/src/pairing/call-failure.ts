import { ApiError } from '@muster/contexts/api/api-error.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { NetworkCard, NetworkFacts } from '../facts/network-facts.ts'
import type { CallFailure } from './events.ts'
import type { Trouble, TroubleCause } from './trouble.ts'

/** Verdicts on certificates that a wrong clock causes as well as an old certificate. */
const CLOCK_CODES = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'])
const NO_ROUTE_CODES = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EHOSTDOWN'])
const MAX_CAUSES = 10

const CAUSE_BY_KIND: Readonly<Record<NonNullable<ApiError['kind']>, TroubleCause>> = {
  dns: 'dns',
  refused: 'refused',
  tls: 'tls',
  timeout: 'timeout',
  network: 'unknown',
}

/**
 * What a failed call to the coordinator means for a pairing or for a paired machine.
 *
 * @throws the error itself when it is none of the coordinator's: a bug
 */
export function callFailureOf(error: unknown, random: Random): CallFailure {
  if (!(error instanceof ApiError)) throw error
  if (isGone(error)) return { kind: 'gone' }
  return { kind: 'trouble', trouble: troubleOf(error), spread: random.fraction() }
}

/** The coordinator answered, and does not know what was asked about. */
export function isGone(error: ApiError): boolean {
  const isMusters = error.code !== 'bad-answer' && error.code !== 'redirected'
  return isMusters && (error.status === 401 || error.status === 404 || error.status === 409 || error.status === 410)
}

/** Failures that a machine without any address has, whatever they look like. */
const WITHOUT_NETWORK: ReadonlySet<TroubleCause> = new Set(['dns', 'unreachable', 'timeout', 'unknown'])

/** The failure of a machine that may have no address yet: that is then what a person has to know. */
export function failureOn({ addresses, cards }: Network, failure: CallFailure): CallFailure {
  if (failure.kind !== 'trouble' || addresses.length > 0 || !WITHOUT_NETWORK.has(failure.trouble.cause)) return failure
  const trouble: Trouble = { ...failure.trouble, cause: 'no-network', detail: noAddressWords(cards) }
  return { ...failure, trouble }
}

type Network = Pick<NetworkFacts, 'addresses' | 'cards'>

/** That there is no address, and how far each card is. */
function noAddressWords(cards: readonly NetworkCard[]): string {
  if (cards.length === 0) return 'This machine has no network address yet: it has no network card.'
  return `This machine has no network address yet: ${cards.map(cardWords).join('; ')}.`
}

function cardWords({ name, mac, isConnected }: NetworkCard): string {
  const state =
    isConnected === undefined ? 'is switched off' : isConnected ? 'waits for an address' : 'is not connected'
  return `${name}${mac === undefined ? '' : ` (${mac})`} ${state}`
}

/** The failure in the words of the console. */
export function troubleOf(error: ApiError): Trouble {
  const cause = causeOf(error)
  return {
    cause,
    detail: detailOf(error, cause),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  }
}

function causeOf(error: ApiError): TroubleCause {
  const codes = causeCodes(error)
  if (error.kind !== undefined) {
    if (codes.some((code) => CLOCK_CODES.has(code))) return 'clock'
    if (codes.some((code) => NO_ROUTE_CODES.has(code))) return 'unreachable'
    return CAUSE_BY_KIND[error.kind]
  }
  // Network Authentication Required (RFC 6585): a portal in between.
  if (error.status === 407 || error.status === 511) return 'proxy'
  if (error.status === 429) return 'busy'
  if (error.status >= 500) return 'server'
  if (error.code === 'bad-answer' || error.code === 'redirected' || error.code === 'too-large') return 'not-muster'
  return 'refuses'
}

function detailOf(error: ApiError, cause: TroubleCause): string {
  const code = causeCodes(error)[0]
  const seen = code === undefined || error.kind === undefined ? '' : ` [${code}]`
  switch (cause) {
    case 'no-network':
      return noAddressWords([])
    case 'dns':
      return code === 'EAI_AGAIN'
        ? `No name server answers, so the coordinator cannot be found.${seen}`
        : `The name of the coordinator is not known.${seen}`
    case 'refused':
      return `Nothing accepts connections at the coordinator's address.${seen}`
    case 'unreachable':
      return `There is no way to the coordinator's network.${seen}`
    case 'timeout':
      return `The coordinator does not answer in time.${seen}`
    case 'tls':
      return `The certificate of the coordinator is not accepted.${seen}`
    case 'clock':
      return `The certificate of the coordinator is not valid now, says the clock of this machine.${seen}`
    case 'proxy':
      return error.status === 511
        ? 'The network asks this machine to log in before it lets it through (511).'
        : 'A proxy on the way to the coordinator asks for a password (407).'
    case 'server':
      return `The coordinator answers with an error of its own (${error.status}).`
    case 'busy':
      return 'The coordinator asks to come again later.'
    case 'not-muster':
      return `What answers at this address is not a Muster coordinator (${error.status}).`
    case 'refuses':
      return `The coordinator does not accept the request (${error.status} ${error.code}).`
    case 'unknown':
      return `The coordinator cannot be reached.${seen}`
  }
}

/** Codes of system and TLS errors in the chain of causes. */
function causeCodes(error: Error): readonly string[] {
  const codes: string[] = []
  let current: unknown = error.cause
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth++) {
    if ('code' in current && typeof current.code === 'string') codes.push(current.code)
    current = current instanceof AggregateError ? current.errors[0] : current.cause
  }
  return codes
}

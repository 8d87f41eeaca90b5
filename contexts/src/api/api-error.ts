import type { Static } from 'typebox'
import { CodedError, type FaultOptions } from '../fault.ts'
import type { ProblemItem } from '../wire/common.ts'

/**
 * Why no answer came: `dns` the name is unknown · `refused` nobody listens there, or the way is closed · `tls` the
 * certificate is not accepted (or a clock is wrong) · `timeout` too slow · `network` anything else.
 */
export type UnreachableKind = 'dns' | 'refused' | 'tls' | 'timeout' | 'network'

/** What an `ApiError` carries besides code and message. */
export interface ApiErrorOptions extends FaultOptions {
  readonly status?: number
  readonly requestId?: string | undefined
  readonly errors?: readonly Static<typeof ProblemItem>[]
  readonly retryAfterMs?: number | undefined
  readonly kind?: UnreachableKind
  readonly etag?: string | undefined
}

/**
 * A request to the coordinator that failed. `code` is the coordinator's own (see docs/reference/api.md), or one of
 * these: `unreachable` no answer (see `kind`) · `bad-answer` an answer that is not of this API · `too-large` an answer
 * above the limit · `redirected` another address answers.
 */
export class ApiError extends CodedError<string> {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly requestId: string | undefined
  /** Fields that are wrong, with their places. */
  readonly errors: readonly Static<typeof ProblemItem>[]
  /** How long to wait before the next try, when the coordinator says so. */
  readonly retryAfterMs: number | undefined
  /** For `unreachable`: how. */
  readonly kind: UnreachableKind | undefined
  /** For 412: the validator of what is stored now. */
  readonly etag: string | undefined

  constructor(code: string, message: string, options: ApiErrorOptions = {}) {
    super(code, message, options)
    this.status = options.status ?? 0
    this.requestId = options.requestId
    this.errors = options.errors ?? []
    this.retryAfterMs = options.retryAfterMs
    this.kind = options.kind
    this.etag = options.etag
  }

  /** True when the same request may succeed later: no answer, overload, or a failing server. */
  get isTransient(): boolean {
    if (this.code === 'unreachable') return this.kind !== 'tls'
    return this.status === 429 || this.status >= 500
  }
}

const HINTS: Readonly<Record<UnreachableKind, string>> = {
  dns: 'Check the name in the address and the name servers of this machine.',
  refused: 'Check the address and port, and that the coordinator runs.',
  tls: 'Check the clock of this machine and the certificate of the coordinator.',
  timeout: 'Check the network between here and the coordinator; it may also be overloaded: try again.',
  network: 'Check the network between here and the coordinator, and any proxy.',
}

const KIND_BY_CODE: Readonly<Record<string, UnreachableKind>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_NODATA: 'dns',
  EAI_NONAME: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EACCES: 'refused',
  EPROTO: 'tls',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  TimeoutError: 'timeout',
}

/** OpenSSL's verdicts on certificates, as Node names them. */
const TLS_CODE = /^(CERT_|ERR_TLS|ERR_SSL|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/

/** The error of a request that got no answer, from whatever `fetch` rejected with. */
export function unreachable(baseUrl: string, cause: unknown): ApiError {
  const kind = kindOf(cause)
  return new ApiError('unreachable', `The coordinator at ${baseUrl} cannot be reached (${kind})`, {
    cause,
    kind,
    hint: HINTS[kind],
    details: { kind },
  })
}

function kindOf(cause: unknown): UnreachableKind {
  for (const error of causeChain(cause)) {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
    const kind = KIND_BY_CODE[code] ?? (TLS_CODE.test(code) ? 'tls' : undefined)
    if (kind !== undefined) return kind
  }
  return 'network'
}

/** An error, its causes, and the errors of a failed race between addresses; a handful at most. */
function causeChain(cause: unknown): readonly Error[] {
  const chain: Error[] = []
  let rest: readonly unknown[] = [cause]
  while (rest.length > 0 && chain.length < 10) {
    const [first, ...others] = rest
    if (!(first instanceof Error)) return chain
    chain.push(first)
    rest = [...(first instanceof AggregateError ? first.errors : []), ...(first.cause ? [first.cause] : []), ...others]
  }
  return chain
}

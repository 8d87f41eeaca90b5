import type { Problem } from '@muster/contexts/wire/common.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { ApiError } from './api-error.ts'
import { type ApiErrorCode, ERROR_TABLE } from './error-table.ts'
import { validationItems } from './validation-items.ts'

/** Codes of Fastify's own errors that are the client's fault. */
const FASTIFY_CODES: Readonly<Record<string, ApiErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid-request',
  FST_ERR_BAD_URL: 'not-found',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
  FST_ERR_REOPENED_CLOSE_SERVER: 'unavailable',
}

/** Answers every failure as an RFC 9457 problem and logs those that are ours. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const known = toApiError(error)
  const { status, title, hint } = ERROR_TABLE[known.code]
  if (status >= 500) {
    log.error(
      { requestId: request.id, method: request.method, route: request.routeOptions.url, error },
      'request failed',
    )
  }
  const problem: Problem = {
    type: `${originOf(request)}/problems/${known.code}`,
    title,
    status,
    detail: known.message,
    instance: pathOf(request),
    code: known.code,
    hint: known.hint ?? hint,
    requestId: request.id,
    ...(known.errors === undefined ? {} : { errors: known.errors }),
  }
  return reply
    .code(status)
    .headers({ ...known.headers })
    .type('application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(problem)
}

/** What is looked at in an error that somebody else has thrown. */
type Failure = Partial<FastifyError> & Pick<NodeJS.ErrnoException, 'syscall'>

/** The error of the table that an unknown one amounts to. */
function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (!(error instanceof Error)) return new ApiError('internal')
  const failure: Failure = error
  if (failure.validation !== undefined) return invalidRequest(failure.validation, failure.validationContext ?? 'body')
  const code = FASTIFY_CODES[failure.code ?? '']
  if (code !== undefined) return new ApiError(code, undefined, { cause: error })
  if (error instanceof SyntaxError && failure.statusCode === 400) return new ApiError('malformed-json')
  if (isStoreBusy(failure)) return new ApiError('unavailable', undefined, { cause: error })
  return new ApiError('internal', undefined, { cause: error })
}

function invalidRequest(found: readonly FastifySchemaValidationError[], part: string): ApiError {
  const errors = validationItems(found, part)
  const first = errors[0]
  const detail = first === undefined ? 'The request is not valid.' : `${first.pointer || 'The body'} ${first.detail}.`
  return new ApiError('invalid-request', detail, { errors })
}

/** SQLite locked by another process, full, or read-only; PostgreSQL gone, full, or held up by another replica. */
const BUSY_CODE =
  /^(SQLITE_(BUSY|FULL|IOERR|READONLY|LOCKED)|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NOTFOUND|AI_AGAIN)$|08|57P0\d|53\d{3}|55P03|25P03|40001|40P01)/
/** How PostgreSQL's client says without a code that a connection broke, or that none was to be had. */
const BUSY_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection)/

/** Whatever the code: a socket that is a file has others than one of the network. */
function isStoreBusy({ code = '', message = '', syscall }: Failure): boolean {
  return syscall === 'connect' || BUSY_CODE.test(code) || BUSY_MESSAGE.test(message)
}

function originOf(request: FastifyRequest): string {
  return request.publicOrigin()
}

/** The path without its query, which may hold what does not belong into logs and answers. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '/'
}

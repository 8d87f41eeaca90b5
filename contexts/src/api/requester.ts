import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { encodeBase64url } from '../pairing/bytes.ts'
import type { RandomBytes } from '../pairing/ports.ts'
import type { Secret } from '../secret.ts'
import { Problem } from '../wire/common.ts'
import { ApiError, unreachable } from './api-error.ts'

/** What is asked of `fetch`. */
export interface FetchInit {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
  /** An answer that leads elsewhere is given as it is: whoever asks decides. */
  readonly redirect: 'manual'
  readonly credentials: 'same-origin'
}

/** What is used of a `Response`, so that others than `fetch` can give it: that of Node needs 15 MB of memory. */
export interface FetchAnswer {
  readonly ok: boolean
  readonly status: number
  /** `opaqueredirect` in browsers, for an answer that leads elsewhere. */
  readonly type?: string
  readonly headers: { get(name: string): string | null; getSetCookie(): readonly string[] }
  readonly body: FetchBody | null
}

/** The body of an answer, as a `ReadableStream` gives it. */
export interface FetchBody {
  getReader(): FetchReader
  cancel(): Promise<void>
}

/** The one reader of a body. */
export interface FetchReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
  cancel(): Promise<void>
}

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>

/** Where and how to send requests. */
export interface RequesterOptions {
  /** Scheme, host and port of the coordinator, with or without a path in front of its own. */
  readonly baseUrl: string
  readonly fetch: Fetch
  readonly random: RandomBytes
  /** Bearer token; without, the browser's cookie says who asks. */
  readonly token?: Secret | undefined
  /** Time for one request, its answer included. @default 30000 */
  readonly timeoutMs?: number
  /** Sent as `User-Agent` where the platform allows it. */
  readonly userAgent?: string
}

/** What a caller may add to any request. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** One request. */
export interface ApiRequest extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base URL, with its leading slash; parts are already encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly ifMatch?: string
  /** Sends an Idempotency-Key, so that repeating the request does nothing twice. */
  readonly isIdempotent?: boolean
  /** Time above the usual limit that the coordinator may take, for long polls. */
  readonly extraMs?: number
}

/** An answer with its validator. */
export interface Tagged<T> {
  readonly value: T
  /** Strong validator for `If-Match`; empty when the coordinator sent none. */
  readonly etag: string
}

/** Sends requests to one coordinator and decodes what comes back. Logs nothing. */
export interface Requester {
  /**
   * @throws {ApiError} the coordinator's problem, or unreachable, bad-answer, too-large, redirected
   * @throws the signal's reason when the caller aborts
   */
  send<Schema extends TSchema>(request: ApiRequest & { readonly answer: Schema }): Promise<Tagged<Static<Schema>>>
  /** The same for answers without a body. */
  run(request: ApiRequest): Promise<void>
  /** The same up to the answer's head, for streams; without a time limit. */
  open(request: ApiRequest, headers: Readonly<Record<string, string>>): Promise<FetchAnswer>
}

/** Time for one request. */
export const DEFAULT_TIMEOUT_MS = 30_000
/** Largest answer that is read, in bytes: a list of 200 contexts or one full context is far below. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** A `Requester` over `fetch`. */
export function createRequester(options: RequesterOptions): Requester {
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  async function exchange<T>(
    request: ApiRequest,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
    read: (response: FetchAnswer) => Promise<T>,
  ): Promise<T> {
    try {
      const response = await options.fetch(urlOf(baseUrl, request), {
        method: request.method,
        headers: { ...headersOf(options, request), ...headers },
        ...(signal === undefined ? {} : { signal }),
        redirect: 'manual',
        credentials: 'same-origin',
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      })
      await refuseFailure(baseUrl, response)
      return await read(response)
    } catch (cause) {
      if (request.signal?.aborted === true) throw request.signal.reason
      throw cause instanceof ApiError ? cause : unreachable(baseUrl, cause)
    }
  }
  function limitOf(request: ApiRequest): AbortSignal {
    const limit = AbortSignal.timeout((options.timeoutMs ?? DEFAULT_TIMEOUT_MS) + (request.extraMs ?? 0))
    return request.signal === undefined ? limit : AbortSignal.any([limit, request.signal])
  }
  return {
    send: ({ answer, ...request }) =>
      exchange(request, {}, limitOf(request), async (response) => ({
        value: decodeAnswer(answer, await readText(response), response),
        etag: response.headers.get('etag') ?? '',
      })),
    run: (request) => exchange(request, {}, limitOf(request), async (response) => response.body?.cancel()),
    open: (request, headers) => exchange(request, headers, request.signal, async (response) => response),
  }
}

function urlOf(baseUrl: string, { path, query = {} }: ApiRequest): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value))
  return search.size === 0 ? baseUrl + path : `${baseUrl}${path}?${search}`
}

function headersOf(options: RequesterOptions, request: ApiRequest): Record<string, string> {
  return {
    accept: 'application/json, application/problem+json',
    ...(options.userAgent === undefined ? {} : { 'user-agent': options.userAgent }),
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token.reveal()}` }),
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(request.ifMatch === undefined ? {} : { 'if-match': request.ifMatch }),
    ...(request.isIdempotent === true ? { 'idempotency-key': encodeBase64url(options.random.bytes(18)) } : {}),
  }
}

async function refuseFailure(baseUrl: string, response: FetchAnswer): Promise<void> {
  if (response.ok) return
  if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
    const target = response.headers.get('location')
    throw new ApiError('redirected', `The address ${baseUrl} leads elsewhere`, {
      status: response.status,
      hint: target === null ? 'Use the final address of the coordinator.' : `Use the address it names: ${target}`,
    })
  }
  throw problemOf(response, await readText(response))
}

function problemOf(response: FetchAnswer, text: string): ApiError {
  const problem = parseJson(text)
  const retryAfterMs = retryAfterOf(response)
  const etag = response.headers.get('etag') ?? undefined
  if (!Value.Check(Problem, problem)) {
    return new ApiError('bad-answer', `The coordinator answered ${response.status} without saying why`, {
      status: response.status,
      retryAfterMs,
      hint: 'Check that the address is a Muster coordinator; something in between may have answered.',
    })
  }
  return new ApiError(problem.code, problem.detail || problem.title, {
    status: response.status,
    requestId: problem.requestId,
    retryAfterMs,
    etag,
    details: { status: response.status, requestId: problem.requestId },
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
  })
}

function retryAfterOf(response: FetchAnswer): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined
}

function decodeAnswer<Schema extends TSchema>(schema: Schema, text: string, response: FetchAnswer): Static<Schema> {
  const value = parseJson(text)
  if (Value.Check(schema, value)) return value
  throw new ApiError('bad-answer', 'The coordinator gave an answer that this version does not know', {
    status: response.status,
    hint: 'Check that the address is a Muster coordinator, and update the older of both sides.',
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Decodes all at once: decoding a stream would load Node's tables of character sets, a megabyte of them. */
async function readText(response: FetchAnswer): Promise<string> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(response.body)) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) {
      throw new ApiError('too-large', `The answer of the coordinator is above ${MAX_ANSWER_BYTES} bytes`, {
        status: response.status,
        hint: 'Ask for fewer items, with --limit or by name.',
      })
    }
    chunks.push(chunk)
  }
  return new TextDecoder().decode(joined(chunks, size))
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** Chunks of a body; by a reader, since not every browser iterates streams. Leaving early cancels the body. */
export async function* chunksOf(body: FetchBody): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || value === undefined) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

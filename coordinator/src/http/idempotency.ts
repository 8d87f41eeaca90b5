import { createHash } from 'node:crypto'
import type { Clock } from '@muster/runtime/clock.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ReplyKey, StoredReply } from '../store/idempotent-replies.ts'
import type { Store, Transaction } from '../store/store.ts'
import { ApiError } from './api-error.ts'

/** How long an answer is kept for repetitions. */
export const IDEMPOTENCY_KEPT_MS = 24 * 60 * 60 * 1000

/** What a keyed request came to. */
export interface KeyedAnswer<T> {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: T
}

/** Runs a change once for one Idempotency-Key of one account. */
export type OnceByKey = <T>(
  request: FastifyRequest,
  reply: FastifyReply,
  accountId: string,
  change: (tx: Transaction) => Promise<KeyedAnswer<T>>,
) => Promise<T>

/**
 * Creates the guard of repeated requests. The answer is stored in the transaction of the change, so that there is
 * never one without the other; a failed change stores nothing and may be repeated with the same key.
 *
 * The key of one route template and the exact body and path make a request the same.
 */
export function createOnceByKey(deps: { readonly store: Store; readonly clock: Clock }): OnceByKey {
  const inFlight = new Set<string>()

  return async (request, reply, accountId, change) => {
    const key: ReplyKey = { accountId, route: routeOf(request), key: readKey(request) }
    const requestDigest = digestOf(request)
    const flight = JSON.stringify(key)
    if (inFlight.has(flight)) throw new ApiError('request-in-flight', undefined, { headers: { 'retry-after': '1' } })
    inFlight.add(flight)
    try {
      return await deps.store.write(async (tx) => {
        const now = deps.clock.now()
        const stored = await tx.replies.find(key, now - IDEMPOTENCY_KEPT_MS)
        if (stored !== undefined) return replay(stored, requestDigest, reply)
        const answer = await change(tx)
        const { status, headers } = answer
        await tx.replies.insert(key, {
          requestDigest,
          status,
          headers,
          body: JSON.stringify(answer.body),
          createdAt: now,
        })
        reply.code(status).headers({ ...headers })
        return answer.body
      })
    } finally {
      inFlight.delete(flight)
    }
  }
}

/** The stored body has the shape that the same route stored, hence the caller's type. */
function replay<T>(stored: StoredReply, requestDigest: string, reply: FastifyReply): T {
  if (stored.requestDigest !== requestDigest) throw new ApiError('idempotency-key-reused')
  reply.code(stored.status).headers({ ...stored.headers, 'idempotency-replayed': 'true' })
  return JSON.parse(stored.body)
}

function readKey(request: FastifyRequest): string {
  const header = request.headers['idempotency-key']
  if (header === undefined) throw new ApiError('idempotency-key-missing')
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header)) {
    throw new ApiError('invalid-request', 'The Idempotency-Key must be 1 to 200 printable ASCII characters.', {
      errors: [{ pointer: '/headers/idempotency-key', detail: 'must be 1 to 200 printable ASCII characters' }],
    })
  }
  return header
}

function routeOf(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url ?? ''}`
}

function digestOf(request: FastifyRequest): string {
  const parts = JSON.stringify([request.url.split('?')[0], canonical(request.body)])
  return createHash('sha256').update(parts).digest('hex')
}

/** The same value for the same fields in any order. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(canonical)
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, field]) => [name, canonical(field)]),
  )
}

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { PageRequest } from '../store/query.ts'
import { ApiError } from './api-error.ts'

/** Bytes of the signature that a cursor carries. */
const SIGNATURE_BYTES = 12

/** A list as its route asks for it. */
export interface ListRequest<Row, Item> {
  /** Names the list and what it is narrowed to; a cursor is good for this alone. */
  readonly scope: readonly string[]
  readonly query: { readonly limit: number; readonly cursor?: string }
  /** Reads one row more than the page shows, to know whether there is a next. */
  read(page: PageRequest): Promise<readonly Row[]>
  keyOf(row: Row): string
  present(rows: readonly Row[]): Promise<readonly Item[]> | readonly Item[]
}

/** Reads one page; also writes the `Link` header. */
export type Paginate = <Row, Item>(
  request: FastifyRequest,
  reply: FastifyReply,
  list: ListRequest<Row, Item>,
) => Promise<{ items: Item[]; nextCursor?: string }>

/**
 * Creates the reader of pages.
 *
 * @param secret - key under which cursors are signed, so that nobody can make them up
 */
export function createPaginate(secret: string): Paginate {
  const sign = (scope: string, key: string) =>
    createHmac('sha256', secret).update(`${scope}\n${key}`).digest().subarray(0, SIGNATURE_BYTES)

  function decode(scope: string, cursor: string): string {
    const bytes = Buffer.from(cursor, 'base64url')
    const key = bytes.subarray(SIGNATURE_BYTES).toString('utf8')
    const isSigned =
      bytes.length > SIGNATURE_BYTES && timingSafeEqual(bytes.subarray(0, SIGNATURE_BYTES), sign(scope, key))
    if (!isSigned) throw new ApiError('invalid-cursor')
    return key
  }

  return async (request, reply, list) => {
    const { limit, cursor } = list.query
    const scope = createHash('sha256').update(JSON.stringify(list.scope)).digest('hex')
    const rows = await list.read({
      limit: limit + 1,
      ...(cursor === undefined ? {} : { after: decode(scope, cursor) }),
    })
    const shown = rows.slice(0, limit)
    const items = [...(await list.present(shown))]
    const last = shown.at(-1)
    if (rows.length <= limit || last === undefined) return { items }
    const key = list.keyOf(last)
    const nextCursor = Buffer.concat([sign(scope, key), Buffer.from(key)]).toString('base64url')
    reply.header('link', `<${nextUrl(request, nextCursor)}>; rel="next"`)
    return { items, nextCursor }
  }
}

function nextUrl(request: FastifyRequest, cursor: string): string {
  const url = new URL(request.url, 'http://unused.invalid')
  url.searchParams.set('cursor', cursor)
  return `${url.pathname}${url.search}`
}

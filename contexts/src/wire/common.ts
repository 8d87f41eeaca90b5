import { type Static, type TSchema, Type } from 'typebox'

/** Base path of the current API. */
export const API_BASE = '/api/v2'

/** Prefixed, sortable identifier: prefix, underscore, 26 characters of Crockford base 32 (a ULID), lower case. */
export function idSchema(prefix: string) {
  return Type.String({ pattern: `^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`, description: `Identifier, ${prefix}_…` })
}

/** RFC 3339 in UTC, as on every wire; inside the programs times are epoch milliseconds. */
export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?Z$',
  description: 'RFC 3339, UTC',
})

/** Name of a context or machine: 1 to 100 printable characters; slashes and `@` are left for references. */
export const DisplayName = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f@/]+$' })

/** One field's problem in an RFC 9457 answer. */
export const ProblemItem = Type.Object({
  /** JSON pointer into the request body. */
  pointer: Type.String(),
  detail: Type.String(),
  line: Type.Optional(Type.Integer()),
  column: Type.Optional(Type.Integer()),
})

/** RFC 9457 problem: every error answer of the API. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.Optional(Type.String()),
    code: Type.String(),
    hint: Type.Optional(Type.String()),
    requestId: Type.String(),
    errors: Type.Optional(Type.Array(ProblemItem)),
  },
  { $id: 'Problem' },
)
export type Problem = Static<typeof Problem>

/** Query of every list: opaque cursor, limit up to 200. */
export const PageQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
})

/** Answer of every list; the next page is also in the `Link` header. */
export function pageOf<T extends TSchema>(item: T) {
  return Type.Object({ items: Type.Array(item), nextCursor: Type.Optional(Type.String()) })
}

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor?: string
}

import type { Scope } from '@muster/contexts/wire/accounts.ts'
import type { Problem } from '@muster/contexts/wire/common.ts'
import { type TSchema, Type } from 'typebox'
import { type ApiErrorCode, ERROR_TABLE } from './error-table.ts'

const problemReference = Type.Unsafe<Problem>({ $ref: 'Problem#' })

/** Answers of failures that every route can give. */
const UNIVERSAL = ['invalid-request', 'slow-down', 'internal', 'unavailable'] as const satisfies readonly ApiErrorCode[]

/** One documented failure of a status. */
interface ProblemReply {
  readonly description: string
  readonly content: { readonly 'application/problem+json': { readonly schema: typeof problemReference } }
}

/** Documents the failing answers of a route, beside those that every route has. */
export function problems(...codes: readonly ApiErrorCode[]): Record<number, ProblemReply> {
  const byStatus = new Map<number, string[]>()
  for (const code of [...codes, ...UNIVERSAL]) {
    const { status, title } = ERROR_TABLE[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\` ${title}`])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, lines]) => [
      status,
      {
        description: lines.join(' · '),
        content: { 'application/problem+json': { schema: problemReference } },
      },
    ]),
  )
}

/** Documents a successful answer with its description. */
export function answer<T extends TSchema>(schema: T, description: string): T {
  return { ...schema, description }
}

/** A successful answer without a body. */
export const noContent = Type.Null({ description: 'Done; no content.' })

/** Documents that a session or a token with this scope is needed. */
export function needsAccount(scope?: Scope) {
  return { security: [{ session: [] }, { token: scope === undefined ? [] : [scope] }] }
}

/** Documents that only a browser session will do. */
export const needsSession = { security: [{ session: [] }] }
/** Documents that the agent of the pairing asks. */
export const needsAgent = { security: [{ agent: [] }] }
/** Documents that a paired machine asks. */
export const needsMachine = { security: [{ machine: [] }] }

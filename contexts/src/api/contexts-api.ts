import { API_BASE, type Page, pageOf } from '../wire/common.ts'
import {
  Context,
  type ContextChange,
  ContextVersion,
  ContextVersionInfo,
  type NewContext,
  type NewContextVersion,
} from '../wire/contexts.ts'
import type { PageOptions } from './paging.ts'
import type { CallOptions, Requester, Tagged } from './requester.ts'

/** Which contexts to list: `name` exactly, or `query` in name and description. */
export interface ContextListOptions extends PageOptions {
  readonly name?: string
  readonly query?: string
}

/** Contexts and their versions. Changes need the ETag of what was read. */
export interface ContextsApi {
  list(options?: ContextListOptions): Promise<Page<Context>>
  get(contextId: string, options?: CallOptions): Promise<Tagged<Context>>
  /** A context with its version 1. @throws {ApiError} name-taken */
  create(context: NewContext, options?: CallOptions): Promise<Tagged<Context>>
  change(contextId: string, change: ContextChange, etag: string, options?: CallOptions): Promise<Tagged<Context>>
  /** @throws {ApiError} context-in-use - machines have it */
  remove(contextId: string, etag: string, options?: CallOptions): Promise<void>
  listVersions(contextId: string, options?: PageOptions): Promise<Page<ContextVersionInfo>>
  version(contextId: string, version: number, options?: CallOptions): Promise<ContextVersion>
  /** A further version; the answer's `latest` is it. @throws {ApiError} precondition-failed - changed meanwhile */
  publish(contextId: string, version: NewContextVersion, etag: string, options?: CallOptions): Promise<Tagged<Context>>
}

const PATH = `${API_BASE}/contexts`
const ContextPage = pageOf(Context)
const VersionPage = pageOf(ContextVersionInfo)

/** `ContextsApi` over a requester. */
export function createContextsApi({ send, run }: Requester): ContextsApi {
  const pathOf = (contextId: string, rest = '') => `${PATH}/${encodeURIComponent(contextId)}${rest}`
  return {
    async list({ signal, ...query } = {}) {
      return (await send({ signal, method: 'GET', path: PATH, query, answer: ContextPage })).value
    },
    get: (contextId, options) => send({ ...options, method: 'GET', path: pathOf(contextId), answer: Context }),
    create: (body, options) =>
      send({ ...options, method: 'POST', path: PATH, body, answer: Context, isIdempotent: true }),
    change: (contextId, body, ifMatch, options) =>
      send({ ...options, method: 'PATCH', path: pathOf(contextId), body, ifMatch, answer: Context }),
    async remove(contextId, ifMatch, options) {
      await run({ ...options, method: 'DELETE', path: pathOf(contextId), ifMatch })
    },
    async listVersions(contextId, { signal, ...query } = {}) {
      const path = pathOf(contextId, '/versions')
      return (await send({ signal, method: 'GET', path, query, answer: VersionPage })).value
    },
    async version(contextId, version, options) {
      const path = pathOf(contextId, `/versions/${version}`)
      return (await send({ ...options, method: 'GET', path, answer: ContextVersion })).value
    },
    publish: (contextId, body, ifMatch, options) =>
      send({
        ...options,
        method: 'POST',
        path: pathOf(contextId, '/versions'),
        body,
        ifMatch,
        answer: Context,
        isIdempotent: true,
      }),
  }
}

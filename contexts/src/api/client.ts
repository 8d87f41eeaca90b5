import type { Secret } from '../secret.ts'
import { Meta } from '../wire/meta.ts'
import { type AccountsApi, createAccountsApi } from './accounts-api.ts'
import { type ClustersApi, createClustersApi } from './clusters-api.ts'
import { type ContextsApi, createContextsApi } from './contexts-api.ts'
import { createMachinesApi, type MachinesApi } from './machines-api.ts'
import { createPairingsApi, type PairingsApi } from './pairings-api.ts'
import { createReleasesApi, type ReleasesApi } from './releases-api.ts'
import { type CallOptions, createRequester, type Requester, type RequesterOptions } from './requester.ts'

/**
 * The coordinator's API, typed and checked: what comes back has the shape of `wire/`, and what fails is an `ApiError`.
 * Holds no state but its options; safe to use concurrently.
 */
export interface ApiClient {
  readonly baseUrl: string
  readonly accounts: AccountsApi
  readonly contexts: ContextsApi
  readonly pairings: PairingsApi
  readonly machines: MachinesApi
  readonly clusters: ClustersApi
  readonly releases: ReleasesApi
  /** For streams: see `readEvents`. */
  readonly requester: Requester
  /** What this coordinator is; needs no sign-in. */
  meta(options?: CallOptions): Promise<Meta>
  /** The same coordinator asked with another token, or with none. */
  withToken(token: Secret | undefined): ApiClient
}

/** Makes a client; nothing is sent before the first call. */
export function createApiClient(options: RequesterOptions): ApiClient {
  const requester = createRequester(options)
  return {
    baseUrl: options.baseUrl,
    accounts: createAccountsApi(requester),
    contexts: createContextsApi(requester),
    pairings: createPairingsApi(requester),
    machines: createMachinesApi(requester),
    clusters: createClustersApi(requester),
    releases: createReleasesApi(requester),
    requester,
    async meta(call) {
      return (await requester.send({ ...call, method: 'GET', path: '/.well-known/muster.json', answer: Meta })).value
    },
    withToken: (token) => createApiClient({ ...options, token }),
  }
}

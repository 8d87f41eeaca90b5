import { API_BASE } from '../wire/common.ts'
import { IssuedUserData, type NewUserData, ReleaseList } from '../wire/releases.ts'
import type { CallOptions, Requester } from './requester.ts'

/** Agents that the coordinator serves, and user-data that installs them. */
export interface ReleasesApi {
  /** Needs no sign-in. */
  list(options?: CallOptions): Promise<ReleaseList>
  /** @throws {ApiError} no-release, user-data-too-large, sealed-context, invalid-user-data */
  userData(wish: NewUserData, options?: CallOptions): Promise<IssuedUserData>
}

/** `ReleasesApi` over a requester. */
export function createReleasesApi({ send }: Requester): ReleasesApi {
  return {
    async list(options) {
      return (await send({ ...options, method: 'GET', path: `${API_BASE}/releases`, answer: ReleaseList })).value
    },
    async userData(body, options) {
      const request = { ...options, method: 'POST' as const, path: `${API_BASE}/user-data`, body }
      return (await send({ ...request, answer: IssuedUserData })).value
    },
  }
}

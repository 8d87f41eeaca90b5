import { ApiError } from '@muster/contexts/api/api-error.ts'
import { allItems } from '@muster/contexts/api/paging.ts'
import type { Session } from '@muster/contexts/wire/accounts.ts'
import { queryOptions } from '@tanstack/react-query'
import { api } from './api.ts'
import { markSignedIn, maybeSignedIn } from './session-mark.ts'

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    if (!maybeSignedIn()) return null
    try {
      return await api.accounts.session({ signal })
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error
      markSignedIn(false)
      return null
    }
  },
  staleTime: 60_000,
  // She may have signed in or out in another tab.
  refetchOnWindowFocus: 'always',
})

/** All contexts of the account, newest change first. */
export const contextsQuery = queryOptions({
  queryKey: ['contexts', 'list'],
  queryFn: async ({ signal }) => {
    const items = await allItems((page) => api.contexts.list(page), { signal })
    return items.toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt))
  },
})

/** One context with its validator. */
export function contextQuery(id: string) {
  return queryOptions({
    queryKey: ['contexts', 'one', id],
    queryFn: ({ signal }) => api.contexts.get(id, { signal }),
  })
}

/** All versions of a context, newest first, without their texts. */
export function versionsQuery(id: string) {
  return queryOptions({
    queryKey: ['contexts', 'versions', id],
    queryFn: async ({ signal }) => {
      const items = await allItems((page) => api.contexts.listVersions(id, page), { signal })
      return items.toSorted((a, b) => b.version - a.version)
    },
  })
}

/** One version with its text, which never changes: the key begins apart, so that events do not fetch it again. */
export function versionQuery(id: string, version: number) {
  return queryOptions({
    queryKey: ['version-text', id, version],
    queryFn: ({ signal }) => api.contexts.version(id, version, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** All machines of the account, paired last first. */
export const machinesQuery = queryOptions({
  queryKey: ['machines', 'list'],
  queryFn: async ({ signal }) => {
    const items = await allItems((page) => api.machines.list(page), { signal })
    // Paired last comes first: a row keeps its place while reports come in.
    return items.toSorted((a, b) => b.pairedAt.localeCompare(a.pairedAt))
  },
  // A machine that falls silent causes no event; ages are told from this.
  refetchInterval: 30_000,
})

/** One machine with its validator. */
export function machineQuery(id: string) {
  return queryOptions({
    queryKey: ['machines', 'one', id],
    queryFn: ({ signal }) => api.machines.get(id, { signal }),
    refetchInterval: 30_000,
  })
}

/** All clusters of the account, newest change first. */
export const clustersQuery = queryOptions({
  queryKey: ['clusters', 'list'],
  queryFn: async ({ signal }) => {
    const items = await allItems((page) => api.clusters.list(page), { signal })
    return items.toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt))
  },
})

/** One cluster with the validator of its definition. */
export function clusterQuery(id: string) {
  return queryOptions({
    queryKey: ['clusters', 'one', id],
    queryFn: ({ signal }) => api.clusters.get(id, { signal }),
  })
}

/** The mesh of a cluster as the coordinator sees it. Ages grow without events, so it is asked again and again. */
export function meshQuery(id: string) {
  return queryOptions({
    queryKey: ['clusters', 'mesh', id],
    queryFn: ({ signal }) => api.clusters.mesh(id, { signal }),
    refetchInterval: 5_000,
    staleTime: 2_500,
  })
}

/** API tokens of the account, newest first. */
export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: async ({ signal }) => {
    const items = await allItems((page) => api.accounts.listTokens(page), { signal })
    return items.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
  },
})

/** Browsers that are signed in, last sign-in first. */
export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: async ({ signal }) => {
    const items = await allItems((page) => api.accounts.listSessions(page), { signal })
    return items.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
  },
})

/** Who asks to be signed in with a device code. */
export function pendingDeviceQuery(userCode: string) {
  return queryOptions({
    queryKey: ['pending-device', userCode],
    queryFn: ({ signal }) => api.accounts.pendingDevice(userCode, { signal }),
    retry: false,
  })
}

/** The agents that machines can install from here. */
export const releasesQuery = queryOptions({
  queryKey: ['releases'],
  queryFn: ({ signal }) => api.releases.list({ signal }),
  staleTime: 60_000,
})

/** What this coordinator says of itself. */
export const metaQuery = queryOptions({
  queryKey: ['meta'],
  queryFn: ({ signal }) => api.meta({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

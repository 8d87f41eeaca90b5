import { ApiError } from '@muster/contexts/api/api-error.ts'
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { sessionQuery } from './queries.ts'

/** Times that a question is asked again when the coordinator does not answer or is overloaded. */
const RETRIES = 2

/** The pages' memory of what the coordinator said. An answer that nobody is signed in is believed at once. */
export function createPageQueries(): QueryClient {
  const onError = (error: unknown) => {
    if (error instanceof ApiError && error.status === 401) void client.invalidateQueries(sessionQuery)
  }
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (count, error) => error instanceof ApiError && error.isTransient && count < RETRIES,
      },
      mutations: { retry: false },
    },
  })
  return client
}

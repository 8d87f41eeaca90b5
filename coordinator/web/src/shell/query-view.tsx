import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Loading } from './loading.tsx'
import { ProblemAlert } from './problem-alert.tsx'

interface QueryViewProps<T> {
  readonly query: UseQueryResult<T>
  /** What is loaded, for screen readers and the error's heading. */
  readonly what: string
  readonly children: (data: T) => ReactNode
}

/** Shows a query: place holder, error with "try again", or its data; data already there stays during a failed refresh. */
export function QueryView<T>({ query, what, children }: QueryViewProps<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.isError) {
    return (
      <ProblemAlert error={query.error} title={`Could not load the ${what}`} onRetry={() => void query.refetch()} />
    )
  }
  return <Loading what={what} />
}

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { versionQuery } from '../api/queries.ts'
import { useOpened } from '../sealing/opened-texts.ts'
import { UnsealForm } from '../sealing/unseal-form.tsx'
import { QueryView } from '../shell/query-view.tsx'

interface VersionTextProps {
  readonly contextId: string
  readonly version: number
  readonly children: (text: string) => ReactNode
}

/** Loads the text of a version; a sealed one is asked to be opened first. */
export function VersionText({ contextId, version, children }: VersionTextProps) {
  const query = useQuery(versionQuery(contextId, version))
  const opened = useOpened(query.data?.format === 'age' ? query.data.digest : undefined)
  return (
    <QueryView query={query} what="version">
      {(data) => {
        if (data.format === 'plain') return children(data.body)
        if (opened !== undefined) return children(opened)
        return <UnsealForm key={data.digest} sealed={data.body} digest={data.digest} version={version} />
      }}
    </QueryView>
  )
}

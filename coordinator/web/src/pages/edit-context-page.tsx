import type { Tagged } from '@muster/contexts/api/requester.ts'
import type { Context } from '@muster/contexts/wire/contexts.ts'
import { useQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { contextQuery, versionsQuery } from '../api/queries.ts'
import { EditForm } from '../contexts/edit-form.tsx'
import { VersionText } from '../contexts/version-text.tsx'
import { Page } from '../shell/page.tsx'
import { QueryView } from '../shell/query-view.tsx'

/** `/contexts/$id/edit`: begins with the latest version, or with the one that `from` names. */
export function EditContextPage() {
  const { id } = useParams({ from: '/signed-in/contexts/$id/edit' })
  const context = useQuery(contextQuery(id))
  return (
    <Page title={context.data === undefined ? 'Edit' : `Edit ${context.data.value.name}`} width={1500}>
      <QueryView query={context} what="context">
        {(tagged) => <EditStart key={id} loaded={tagged} />}
      </QueryView>
    </Page>
  )
}

/** Holds on to what was loaded first: a version that appears meanwhile must not take the place of what is typed. */
function EditStart({ loaded }: { readonly loaded: Tagged<Context> }) {
  const { from } = useSearch({ from: '/signed-in/contexts/$id/edit' })
  const [tagged] = useState(loaded)
  const versions = useQuery(versionsQuery(tagged.value.id))
  return (
    <QueryView query={versions} what="versions">
      {(all) => (
        <VersionText contextId={tagged.value.id} version={from ?? tagged.value.latest.version}>
          {(text) => <EditForm tagged={tagged} versions={all} text={text} from={from} />}
        </VersionText>
      )}
    </QueryView>
  )
}

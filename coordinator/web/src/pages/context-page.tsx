import { Button } from '@mantine/core'
import { IconPencil, IconPlugConnected } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { contextQuery, versionsQuery } from '../api/queries.ts'
import { ContextTabs } from '../contexts/context-tabs.tsx'
import { SealVersion } from '../contexts/seal-version.tsx'
import { Page } from '../shell/page.tsx'
import { QueryView } from '../shell/query-view.tsx'

/** `/contexts/$id` */
export function ContextPage() {
  const { id } = useParams({ from: '/signed-in/contexts/$id' })
  const context = useQuery(contextQuery(id))
  const versions = useQuery(versionsQuery(id))
  const loaded = context.data
  return (
    <Page
      title={loaded?.value.name ?? 'Context'}
      lead={loaded !== undefined && loaded.value.description !== '' ? loaded.value.description : undefined}
      width={1200}
      actions={
        loaded !== undefined && (
          <>
            <Button
              variant="default"
              leftSection={<IconPlugConnected size={16} />}
              renderRoot={(props) => <Link to="/pair" search={{ context: id }} {...props} />}
            >
              Pair a machine with it
            </Button>
            {versions.data !== undefined && (
              <SealVersion context={loaded.value} etag={loaded.etag} versions={versions.data} />
            )}
            <Button
              leftSection={<IconPencil size={16} />}
              renderRoot={(props) => <Link to="/contexts/$id/edit" params={{ id }} search={{}} {...props} />}
            >
              Edit
            </Button>
          </>
        )
      }
    >
      <QueryView query={context} what="context">
        {(tagged) => (
          <QueryView query={versions} what="versions">
            {(all) => <ContextTabs context={tagged.value} etag={tagged.etag} versions={all} />}
          </QueryView>
        )}
      </QueryView>
    </Page>
  )
}

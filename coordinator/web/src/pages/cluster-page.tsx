import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { clusterQuery, meshQuery } from '../api/queries.ts'
import { AuthorizeMachine } from '../clusters/authorize-machine.tsx'
import { ClusterTabs } from '../clusters/cluster-tabs.tsx'
import { Page } from '../shell/page.tsx'
import { QueryView } from '../shell/query-view.tsx'

/** `/clusters/$id` */
export function ClusterPage() {
  const { id } = useParams({ from: '/signed-in/clusters/$id' })
  const cluster = useQuery(clusterQuery(id))
  const mesh = useQuery(meshQuery(id))
  const loaded = cluster.data?.value
  return (
    <Page
      title={loaded?.name ?? 'Cluster'}
      lead={loaded?.definition.description}
      width={1200}
      actions={loaded !== undefined && <AuthorizeMachine cluster={loaded} mesh={mesh.data} />}
    >
      <QueryView query={cluster} what="cluster">
        {({ value, etag }) => <ClusterTabs cluster={value} etag={etag} mesh={mesh} />}
      </QueryView>
    </Page>
  )
}

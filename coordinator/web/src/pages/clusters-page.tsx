import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { clustersQuery } from '../api/queries.ts'
import { ClusterTable } from '../clusters/cluster-table.tsx'
import { NoClusters } from '../clusters/no-clusters.tsx'
import { Page } from '../shell/page.tsx'
import { QueryView } from '../shell/query-view.tsx'

/** `/clusters` */
export function ClustersPage() {
  const clusters = useQuery(clustersQuery)
  return (
    <Page
      title="Clusters"
      lead="Machines that find each other and their services by themselves."
      actions={
        <Button leftSection={<IconPlus size={18} />} renderRoot={(props) => <Link to="/clusters/new" {...props} />}>
          New cluster
        </Button>
      }
    >
      <QueryView query={clusters} what="clusters">
        {(all) => (all.length === 0 ? <NoClusters /> : <ClusterTable clusters={all} />)}
      </QueryView>
    </Page>
  )
}

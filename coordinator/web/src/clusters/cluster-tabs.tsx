import { Stack, Tabs } from '@mantine/core'
import type { Cluster, ClusterMesh } from '@muster/contexts/wire/clusters.ts'
import type { UseQueryResult } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { QueryView } from '../shell/query-view.tsx'
import { useNow } from '../shell/use-now.ts'
import { findTab } from './cluster-search.ts'
import { DefinitionView } from './definition-view.tsx'
import { findStaleness } from './freshness.ts'
import { MemberListView } from './member-list-view.tsx'
import { MemberPanel } from './member-panel.tsx'
import { MeshHead } from './mesh-head.tsx'
import { MeshPicture } from './mesh-picture.tsx'
import { ServiceList } from './service-list.tsx'

interface ClusterTabsProps {
  readonly cluster: Cluster
  readonly etag: string
  readonly mesh: UseQueryResult<ClusterMesh>
}

/** Everything about one cluster; the address keeps which part is shown. */
export function ClusterTabs({ cluster, etag, mesh }: ClusterTabsProps) {
  const { tab = 'picture' } = useSearch({ from: '/signed-in/clusters/$id' })
  const navigate = useNavigate({ from: '/clusters/$id' })
  const show = (value: string | null) => {
    const next = findTab(value)
    void navigate({ search: { tab: next === 'picture' ? undefined : next }, replace: true })
  }
  return (
    <Tabs value={tab} keepMounted={false} onChange={show}>
      <Tabs.List mb="md" className="one-row">
        <Tabs.Tab value="picture">Picture</Tabs.Tab>
        <Tabs.Tab value="members">Members</Tabs.Tab>
        <Tabs.Tab value="services">Services</Tabs.Tab>
        <Tabs.Tab value="definition">Definition</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value={tab}>
        {tab === 'definition' ? (
          <DefinitionView cluster={cluster} etag={etag} />
        ) : (
          <QueryView query={mesh} what="mesh">
            {(data) => <LiveMesh cluster={cluster} mesh={data} receivedAt={mesh.dataUpdatedAt} tab={tab} />}
          </QueryView>
        )}
      </Tabs.Panel>
    </Tabs>
  )
}

interface LiveMeshProps {
  readonly cluster: Cluster
  readonly mesh: ClusterMesh
  readonly receivedAt: number
  readonly tab: 'picture' | 'members' | 'services'
}

/** What changes by itself: its age stands above, and it is grayed out when it may no longer hold. */
function LiveMesh({ cluster, mesh, receivedAt, tab }: LiveMeshProps) {
  const now = useNow(1_000)
  const [chosen, setChosen] = useState<string>()
  const staleness = findStaleness(mesh.phase, receivedAt, now)
  const isStale = staleness !== undefined
  const open = setChosen
  return (
    <Stack gap="md">
      <MeshHead mesh={mesh} staleness={staleness} ageMs={Math.max(0, now - receivedAt)} />
      {tab === 'picture' ? (
        <MeshPicture mesh={mesh} definition={cluster.definition} isStale={isStale} chosen={chosen} onOpen={open} />
      ) : (
        <div data-stale={isStale || undefined}>
          {tab === 'members' ? (
            <MemberListView mesh={mesh} receivedAt={receivedAt} onOpen={open} />
          ) : (
            <ServiceList mesh={mesh} receivedAt={receivedAt} />
          )}
        </div>
      )}
      <MemberPanel
        member={mesh.members.find(({ peer }) => peer === chosen)}
        mesh={mesh}
        receivedAt={receivedAt}
        onClose={() => setChosen(undefined)}
      />
    </Stack>
  )
}

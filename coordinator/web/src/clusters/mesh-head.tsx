import { Alert, Group, Text } from '@mantine/core'
import type { ClusterMesh } from '@muster/contexts/wire/clusters.ts'
import { IconClockPause } from '@tabler/icons-react'
import type { Staleness } from './freshness.ts'
import { countStatuses } from './member-list.ts'
import { shortSpan } from './member-words.ts'
import { StatusCountsText } from './status-counts.tsx'

interface MeshHeadProps {
  readonly mesh: ClusterMesh
  readonly staleness: Staleness | undefined
  /** Since the answer came. */
  readonly ageMs: number
}

/** How many members are how, how old that is, and whether it may be believed. */
export function MeshHead({ mesh, staleness, ageMs }: MeshHeadProps) {
  return (
    <>
      {staleness !== undefined && (
        <Alert color="yellow" variant="light" icon={<IconClockPause />} title={staleness.title} role="status">
          {staleness.detail}
        </Alert>
      )}
      <Group gap="lg" data-stale={staleness === undefined ? undefined : true}>
        <StatusCountsText counts={countStatuses(mesh.members.filter(({ isSelf }) => !isSelf))} />
        <Text size="sm" c="dimmed">
          Updated {shortSpan(ageMs)} ago
        </Text>
      </Group>
    </>
  )
}

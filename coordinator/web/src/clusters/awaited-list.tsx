import { List, Stack, Text, Title } from '@mantine/core'
import type { ClusterMesh } from '@muster/contexts/wire/clusters.ts'

/** Machines that may join and have not yet. */
export function AwaitedList({ awaited }: Pick<ClusterMesh, 'awaited'>) {
  if (awaited.length === 0) return null
  return (
    <Stack gap="xs" component="section" aria-label="Awaited">
      <Title order={2}>Awaited</Title>
      <Text size="sm" c="dimmed">
        Their tokens were given out and neither used nor expired.
      </Text>
      <List size="sm">
        {awaited.map(({ service, cloud, slot, generation, expiresAt }) => (
          <List.Item key={`${cloud}/${service}/${slot}/${generation}`}>
            {service}/{slot} in {cloud}, generation {generation}, until {new Date(expiresAt).toLocaleString('en-GB')}
          </List.Item>
        ))}
      </List>
    </Stack>
  )
}

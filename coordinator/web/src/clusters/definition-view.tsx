import { Code, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import type { Cluster, ClusterService } from '@muster/contexts/wire/clusters.ts'
import { AgeText } from '../shell/age-text.tsx'
import { countWords } from '../shell/count-words.ts'
import { type Fact, FactList } from '../shell/fact-list.tsx'
import { DeleteCluster } from './delete-cluster.tsx'

/** What a cluster consists of by its definition. */
export function DefinitionView({ cluster, etag }: { readonly cluster: Cluster; readonly etag: string }) {
  const { services, clouds } = cluster.definition
  return (
    <Stack gap="lg">
      <Text size="sm" c="dimmed" component="div">
        Version {cluster.version}, published <AgeText at={cluster.updatedAt} />. Signed by the coordinator and given to
        all members. To publish another one, change its file and run <Code>muster cluster create FILE --update</Code>
      </Text>
      <Title order={2}>Services</Title>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {services.map((service) => (
          <Paper key={service.name} withBorder p="md">
            <Title order={3} mb="xs">
              {service.name}
            </Title>
            <FactList facts={factsOf(service)} />
          </Paper>
        ))}
      </SimpleGrid>
      <Title order={2}>Clouds</Title>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        {clouds.map(({ name, agents = [], weight, max }) => (
          <Paper key={name} withBorder p="md">
            <Title order={3} mb="xs">
              {name}
            </Title>
            <FactList
              facts={[
                {
                  label: 'Admits',
                  value: agents.length === 0 ? 'the coordinator' : agents.map(({ peer }) => peer).join(', '),
                },
                { label: 'Weight', value: weight },
                { label: 'At most', value: max === undefined ? undefined : countWords(max, 'machine') },
              ]}
            />
          </Paper>
        ))}
      </SimpleGrid>
      <Title order={2}>Delete</Title>
      <DeleteCluster cluster={cluster} etag={etag} />
    </Stack>
  )
}

const KINDS: Readonly<Record<ClusterService['kind'], string>> = {
  singleton: 'fixed, one place in the whole cluster',
  'per-cloud': 'fixed, places in each cloud',
  scalable: 'scalable',
}

function factsOf(service: ClusterService): readonly Fact[] {
  const { kind, count, min, max, provides = [], context, dependsOn = [] } = service
  const ports = provides.map(
    ({ name, port, probe }) => `${name} ${port}${probe === undefined ? '' : ` (${probe.type})`}`,
  )
  return [
    { label: 'Kind', value: KINDS[kind] },
    { label: 'Places', value: count },
    { label: 'Workers', value: min === undefined && max === undefined ? undefined : `${min ?? 0} to ${max ?? 'any'}` },
    { label: 'Ports', value: ports.join(', ') },
    { label: 'Context', value: context },
    { label: 'Depends on', value: dependsOn.join(', ') },
  ]
}

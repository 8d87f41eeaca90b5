import { Paper, Stack, Table, Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import type { Cluster } from '@muster/contexts/wire/clusters.ts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { meshQuery } from '../api/queries.ts'
import { AgeText } from '../shell/age-text.tsx'
import { countStatuses } from './member-list.ts'
import { StatusCountsText } from './status-counts.tsx'

/** Meshes that a list asks for at most; an account with more clusters sees counts on the page of each. */
const MAX_COUNTED = 20
const COUNT_EVERY_MS = 15_000

/** Clusters as a table; on small screens as cards with the same facts. */
export function ClusterTable({ clusters }: { readonly clusters: readonly Cluster[] }) {
  const isWide = useMediaQuery('(min-width: 48em)', true, { getInitialValueInEffect: false })
  return isWide ? <WideTable clusters={clusters} /> : <Cards clusters={clusters} />
}

function WideTable({ clusters }: { readonly clusters: readonly Cluster[] }) {
  return (
    <Table verticalSpacing="sm" highlightOnHover aria-label="Clusters">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Name</Table.Th>
          <Table.Th scope="col">Services</Table.Th>
          <Table.Th scope="col">Clouds</Table.Th>
          <Table.Th scope="col">Members</Table.Th>
          <Table.Th scope="col">Changed</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {clusters.map((cluster, index) => (
          <Table.Tr key={cluster.id}>
            <Table.Td>
              <ClusterName cluster={cluster} />
            </Table.Td>
            <Table.Td className="breakable">{namesOf(cluster.definition.services)}</Table.Td>
            <Table.Td className="breakable">{namesOf(cluster.definition.clouds)}</Table.Td>
            <Table.Td>
              <MemberCounts id={cluster.id} isCounted={index < MAX_COUNTED} />
            </Table.Td>
            <Table.Td>
              <AgeText at={cluster.updatedAt} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function Cards({ clusters }: { readonly clusters: readonly Cluster[] }) {
  return (
    <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Clusters">
      {clusters.map((cluster, index) => (
        <Paper component="li" key={cluster.id} withBorder p="md">
          <Stack gap={6}>
            <ClusterName cluster={cluster} />
            <MemberCounts id={cluster.id} isCounted={index < MAX_COUNTED} />
            <Text size="sm" className="breakable">
              Services: {namesOf(cluster.definition.services)}
            </Text>
            <Text size="sm" className="breakable">
              Clouds: {namesOf(cluster.definition.clouds)}
            </Text>
            <Text size="sm" c="dimmed" component="div">
              Changed <AgeText at={cluster.updatedAt} />
            </Text>
          </Stack>
        </Paper>
      ))}
    </Stack>
  )
}

function ClusterName({ cluster }: { readonly cluster: Cluster }) {
  return (
    <div>
      <Link to="/clusters/$id" params={{ id: cluster.id }} search={{}} className="row-link breakable">
        {cluster.name}
      </Link>
      <Text size="xs" c="dimmed">
        definition version {cluster.version}
      </Text>
    </div>
  )
}

function MemberCounts({ id, isCounted }: { readonly id: string; readonly isCounted: boolean }) {
  const mesh = useQuery({ ...meshQuery(id), enabled: isCounted, refetchInterval: COUNT_EVERY_MS, retry: false })
  if (mesh.data === undefined || mesh.data.phase !== 'member') {
    const words = !isCounted ? 'see its page' : mesh.isPending ? '…' : 'not known now'
    return (
      <Text size="sm" c="dimmed">
        {words}
      </Text>
    )
  }
  return <StatusCountsText counts={countStatuses(mesh.data.members.filter(({ isSelf }) => !isSelf))} />
}

function namesOf(things: readonly { readonly name: string }[]): string {
  return things.map(({ name }) => name).join(', ')
}

import { Paper, Stack, Table, Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import type { Machine } from '@muster/contexts/wire/machines.ts'
import { Link } from '@tanstack/react-router'
import { AgeText } from '../shell/age-text.tsx'
import { MachineContext } from './machine-context.tsx'
import { MachineStateBadge } from './machine-state.tsx'

/** Machines as a table; on small screens as cards with the same facts. */
export function MachineTable({ machines }: { readonly machines: readonly Machine[] }) {
  const isWide = useMediaQuery('(min-width: 48em)', true, { getInitialValueInEffect: false })
  return isWide ? <WideTable machines={machines} /> : <Cards machines={machines} />
}

function WideTable({ machines }: { readonly machines: readonly Machine[] }) {
  return (
    <Table verticalSpacing="sm" highlightOnHover aria-label="Machines">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Name</Table.Th>
          <Table.Th scope="col">State</Table.Th>
          <Table.Th scope="col">Context</Table.Th>
          <Table.Th scope="col">Last seen</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {machines.map((machine) => (
          <Table.Tr key={machine.id}>
            <Table.Td>
              <MachineName machine={machine} />
            </Table.Td>
            <Table.Td>
              <MachineStateBadge machine={machine} />
            </Table.Td>
            <Table.Td>
              <MachineContext context={machine.status.context} />
            </Table.Td>
            <Table.Td>
              <AgeText at={machine.lastSeenAt} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function Cards({ machines }: { readonly machines: readonly Machine[] }) {
  return (
    <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Machines">
      {machines.map((machine) => (
        <Paper component="li" key={machine.id} withBorder p="md">
          <Stack gap={6}>
            <MachineName machine={machine} />
            <MachineStateBadge machine={machine} />
            <MachineContext context={machine.status.context} />
            <Text size="sm" c="dimmed" component="div">
              Seen <AgeText at={machine.lastSeenAt} />
            </Text>
          </Stack>
        </Paper>
      ))}
    </Stack>
  )
}

function MachineName({ machine }: { readonly machine: Machine }) {
  const { hostname, addresses } = machine.status
  const where = [hostname === machine.name ? undefined : hostname, addresses[0]].filter((part) => part !== undefined)
  return (
    <div>
      <Link to="/machines/$id" params={{ id: machine.id }} className="row-link breakable">
        {machine.name}
      </Link>
      <Text size="xs" c="dimmed" className="breakable">
        {where.join(' · ')}
      </Text>
    </div>
  )
}

import { Paper, Stack, Table, Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import type { Context } from '@muster/contexts/wire/contexts.ts'
import { Link } from '@tanstack/react-router'
import { AgeText } from '../shell/age-text.tsx'
import { FormatBadge } from './format-badge.tsx'

/** Contexts as a table; on small screens as cards. */
export function ContextTable({ contexts }: { readonly contexts: readonly Context[] }) {
  const isWide = useMediaQuery('(min-width: 48em)', true, { getInitialValueInEffect: false })
  if (!isWide) return <Cards contexts={contexts} />
  return (
    <Table verticalSpacing="sm" highlightOnHover aria-label="Contexts">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Name</Table.Th>
          <Table.Th scope="col">Latest version</Table.Th>
          <Table.Th scope="col">Machines</Table.Th>
          <Table.Th scope="col">Changed</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {contexts.map((context) => (
          <Table.Tr key={context.id}>
            <Table.Td>
              <ContextName context={context} />
            </Table.Td>
            <Table.Td>
              <Latest context={context} />
            </Table.Td>
            <Table.Td>{context.latest.machineCount}</Table.Td>
            <Table.Td>
              <AgeText at={context.updatedAt} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function Cards({ contexts }: { readonly contexts: readonly Context[] }) {
  return (
    <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Contexts">
      {contexts.map((context) => (
        <Paper component="li" key={context.id} withBorder p="md">
          <Stack gap={6}>
            <ContextName context={context} />
            <Latest context={context} />
            <Text size="sm" c="dimmed" component="div">
              Changed <AgeText at={context.updatedAt} />
            </Text>
          </Stack>
        </Paper>
      ))}
    </Stack>
  )
}

function ContextName({ context }: { readonly context: Context }) {
  return (
    <div>
      <Link to="/contexts/$id" params={{ id: context.id }} className="row-link breakable">
        {context.name}
      </Link>
      {context.description !== '' && (
        <Text size="xs" c="dimmed" lineClamp={1} className="breakable">
          {context.description}
        </Text>
      )}
    </div>
  )
}

function Latest({ context }: { readonly context: Context }) {
  return (
    <Text size="sm" component="div">
      Version {context.latest.version} <FormatBadge format={context.latest.format} />
    </Text>
  )
}

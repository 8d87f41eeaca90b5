import { Paper, Stack, Table, Text, UnstyledButton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import type { MeshMember } from '@muster/contexts/wire/clusters.ts'
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react'
import { AgeText } from '../shell/age-text.tsx'
import type { MemberOrder } from './member-list.ts'
import { MemberStatusBadge } from './member-status.tsx'
import { describeConnection, describeRole, memberName, shortPeer, timeOfAge } from './member-words.ts'

/** What the table is sorted by. */
export interface Sorting {
  readonly order: MemberOrder
  readonly isDescending: boolean
}

interface MemberTableProps {
  readonly members: readonly MeshMember[]
  readonly receivedAt: number
  readonly sorting: Sorting
  readonly onSort: (sorting: Sorting) => void
  readonly onOpen: (peer: string) => void
}

const COLUMNS: readonly { readonly order: MemberOrder; readonly label: string }[] = [
  { order: 'name', label: 'Member' },
  { order: 'cloud', label: 'Cloud' },
  { order: 'status', label: 'Status' },
  { order: 'heard', label: 'Heard' },
  { order: 'rtt', label: 'Connection' },
]

/** Members as a table; on small screens as cards with the same facts. */
export function MemberTable(props: MemberTableProps) {
  const isWide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false })
  return isWide ? <WideTable {...props} /> : <Cards {...props} />
}

function WideTable({ members, receivedAt, sorting, onSort, onOpen }: MemberTableProps) {
  return (
    <Table verticalSpacing="xs" highlightOnHover aria-label="Members">
      <Table.Thead>
        <Table.Tr>
          {COLUMNS.map((column) => (
            <SortHead key={column.order} {...column} sorting={sorting} onSort={onSort} />
          ))}
          <Table.Th scope="col">Address</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {members.map((member) => (
          <Table.Tr key={member.peer}>
            <Table.Td>
              <MemberName member={member} onOpen={onOpen} />
            </Table.Td>
            <Table.Td className="breakable">{member.cloud}</Table.Td>
            <Table.Td>
              <MemberStatusBadge status={member.status} />
            </Table.Td>
            <Table.Td>
              <Heard member={member} receivedAt={receivedAt} />
            </Table.Td>
            <Table.Td>
              <Text size="sm">{describeConnection(member)}</Text>
            </Table.Td>
            <Table.Td>
              <Text size="sm" className="breakable">
                {member.address}
              </Text>
              <Text size="xs" c="dimmed" className="breakable">
                {member.program}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

interface SortHeadProps extends Pick<MemberTableProps, 'sorting' | 'onSort'> {
  readonly order: MemberOrder
  readonly label: string
}

function SortHead({ order, label, sorting, onSort }: SortHeadProps) {
  const isSorted = sorting.order === order
  const Icon = !isSorted ? IconArrowsSort : sorting.isDescending ? IconArrowDown : IconArrowUp
  return (
    <Table.Th scope="col" aria-sort={!isSorted ? 'none' : sorting.isDescending ? 'descending' : 'ascending'}>
      <UnstyledButton
        fz="sm"
        fw={700}
        className="nowrap"
        onClick={() => onSort({ order, isDescending: isSorted && !sorting.isDescending })}
      >
        {label} <Icon size={14} aria-hidden style={{ verticalAlign: '-2px' }} />
      </UnstyledButton>
    </Table.Th>
  )
}

function Cards({ members, receivedAt, onOpen }: MemberTableProps) {
  return (
    <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Members">
      {members.map((member) => (
        <Paper component="li" key={member.peer} withBorder p="md">
          <Stack gap={6} align="flex-start">
            <MemberName member={member} onOpen={onOpen} />
            <MemberStatusBadge status={member.status} />
            <Text size="sm" component="div">
              {member.cloud !== '' && `Cloud ${member.cloud}, heard `}
              <Heard member={member} receivedAt={receivedAt} />
            </Text>
            <Text size="sm">Connection: {describeConnection(member)}</Text>
            <Text size="sm" c="dimmed" className="breakable">
              {[member.address, member.program].filter((part) => part !== undefined).join(' · ')}
            </Text>
          </Stack>
        </Paper>
      ))}
    </Stack>
  )
}

function MemberName({ member, onOpen }: { readonly member: MeshMember; readonly onOpen: (peer: string) => void }) {
  const place = member.isSelf ? [] : [`generation ${member.generation}`]
  return (
    <div>
      <UnstyledButton className="row-link breakable" fz="sm" onClick={() => onOpen(member.peer)}>
        {memberName(member)}
      </UnstyledButton>
      <Text size="xs" c="dimmed">
        {[describeRole(member.role), ...place, shortPeer(member.peer)].join(' · ')}
      </Text>
    </div>
  )
}

function Heard({ member, receivedAt }: { readonly member: MeshMember; readonly receivedAt: number }) {
  if (member.isSelf) return '–'
  if (member.heardAgoMs === undefined) return 'not known'
  return <AgeText at={timeOfAge(member.heardAgoMs, receivedAt)} />
}

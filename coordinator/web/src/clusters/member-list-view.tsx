import { Button, Chip, Group, Stack, Text, TextInput } from '@mantine/core'
import type { ClusterMesh } from '@muster/contexts/wire/clusters.ts'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { countWords } from '../shell/count-words.ts'
import { NoMatch } from '../shell/no-match.tsx'
import { AwaitedList } from './awaited-list.tsx'
import { countStatuses, matchesMember, sortMembers } from './member-list.ts'
import { MemberTable, type Sorting } from './member-table.tsx'
import { STATUSES } from './member-words.ts'

/** Rows that are drawn before somebody asks for all. */
const ROWS = 200

interface MemberListViewProps {
  readonly mesh: ClusterMesh
  readonly receivedAt: number
  readonly onOpen: (peer: string) => void
}

/** All members: to search, to filter by status, to sort. */
export function MemberListView({ mesh, receivedAt, onOpen }: MemberListViewProps) {
  const [search, setSearch] = useState('')
  const [statuses, setStatuses] = useState<string[]>([])
  const [sorting, setSorting] = useState<Sorting>({ order: 'cloud', isDescending: false })
  const [isWhole, setWhole] = useState(false)
  const counts = countStatuses(mesh.members)
  const found = mesh.members.filter(
    (member) => matchesMember(member, search) && (statuses.length === 0 || statuses.includes(member.status)),
  )
  const sorted = sortMembers(found, sorting.order, sorting.isDescending)
  return (
    <Stack gap="md">
      <Group gap="md">
        <TextInput
          type="search"
          aria-label="Search members"
          placeholder="Search by service, cloud, address, PeerId"
          leftSection={<IconSearch size={16} />}
          flex="1 1 260px"
          maw={420}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Chip.Group multiple value={statuses} onChange={setStatuses}>
          <Group gap="xs" role="group" aria-label="Show only">
            {STATUSES.map((status) => (
              <Chip key={status} value={status} size="xs" variant="outline">
                {status} ({counts[status]})
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Group>
      <Text size="sm" c="dimmed" role="status">
        {found.length === mesh.members.length
          ? countWords(found.length, 'member')
          : `${found.length} of ${countWords(mesh.members.length, 'member')}`}
      </Text>
      {found.length === 0 ? (
        <NoMatch search={search === '' ? statuses.join(', ') : search} />
      ) : (
        <MemberTable
          members={isWhole ? sorted : sorted.slice(0, ROWS)}
          receivedAt={receivedAt}
          sorting={sorting}
          onSort={setSorting}
          onOpen={onOpen}
        />
      )}
      {!isWhole && sorted.length > ROWS && (
        <Button variant="default" onClick={() => setWhole(true)}>
          Show all {sorted.length}
        </Button>
      )}
      <AwaitedList awaited={mesh.awaited} />
    </Stack>
  )
}

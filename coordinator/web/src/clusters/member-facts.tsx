import { Stack, Text } from '@mantine/core'
import type { ClusterMesh, MeshMember } from '@muster/contexts/wire/clusters.ts'
import { AgeText } from '../shell/age-text.tsx'
import { type Fact, FactList } from '../shell/fact-list.tsx'
import { MemberStatusBadge } from './member-status.tsx'
import { describeConnection, describeRole, timeOfAge } from './member-words.ts'

interface MemberFactsProps {
  readonly member: MeshMember
  readonly mesh: ClusterMesh
  /** When the answer came, epoch milliseconds. */
  readonly receivedAt: number
}

/** Everything known about one member. */
export function MemberFacts({ member, mesh, receivedAt }: MemberFactsProps) {
  const { connection } = member
  const facts: readonly Fact[] = [
    { label: 'Status', value: <MemberStatusBadge status={member.status} /> },
    { label: 'Role', value: describeRole(member.role) },
    { label: 'Service', value: member.isSelf ? undefined : member.service },
    { label: 'Cloud', value: member.cloud },
    { label: 'Place', value: member.isSelf ? undefined : `slot ${member.slot}, generation ${member.generation}` },
    { label: 'Address', value: member.address },
    { label: 'Offers', value: offersOf(member, mesh) },
    { label: 'Program', value: member.program },
    {
      label: 'Heard',
      value:
        member.heardAgoMs === undefined ? (
          'no statement is known'
        ) : (
          <AgeText at={timeOfAge(member.heardAgoMs, receivedAt)} />
        ),
    },
    { label: 'Connection', value: describeConnection(member) },
    {
      label: 'Other end',
      value: connection === undefined ? undefined : `${connection.address} (${connection.direction})`,
    },
    { label: 'Connected', value: connection === undefined ? undefined : <AgeText at={connection.openedAt} /> },
    {
      label: 'Certificate',
      value:
        member.certificateExpiresAt === undefined
          ? 'none has been seen here'
          : `until ${new Date(member.certificateExpiresAt).toLocaleString('en-GB')}`,
    },
    { label: 'PeerId', value: <code>{member.peer}</code> },
  ]
  return (
    <Stack gap="sm">
      <FactList facts={facts} />
      <Text size="sm" c="dimmed">
        As the coordinator sees it; another member may see it otherwise.
      </Text>
    </Stack>
  )
}

function offersOf({ peer }: MeshMember, { services }: ClusterMesh): string | undefined {
  const offers = services.flatMap(({ name, answers }) =>
    answers
      .filter(({ owner }) => owner === peer)
      .map(({ ports, health }) => `${name} ${ports.map(({ port }) => port).join(', ')} (${health})`),
  )
  return offers.length === 0 ? undefined : offers.join('; ')
}

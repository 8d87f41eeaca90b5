import { Badge, Paper, Stack, Table, Text, Title } from '@mantine/core'
import type { ClusterMesh, MeshAnswer, ServiceKind } from '@muster/contexts/wire/clusters.ts'
import { IconCheck, IconQuestionMark, IconX } from '@tabler/icons-react'
import { AgeText } from '../shell/age-text.tsx'
import { MemberStatusBadge } from './member-status.tsx'
import { memberName, shortPeer, timeOfAge } from './member-words.ts'

const KIND_WORDS: Readonly<Record<ServiceKind, string>> = {
  singleton: 'one place in the whole cluster',
  'per-cloud': 'places in each cloud',
  scalable: 'workers, as many as are needed',
}

const HEALTH_LOOKS = {
  passing: { words: 'Works', color: 'teal', icon: IconCheck },
  failing: { words: 'Fails', color: 'red', icon: IconX },
  unknown: { words: 'Not probed', color: 'gray', icon: IconQuestionMark },
} as const satisfies Readonly<Record<MeshAnswer['health'], unknown>>

/** Services with the places where they can be had, best first. */
export function ServiceList({ mesh, receivedAt }: { readonly mesh: ClusterMesh; readonly receivedAt: number }) {
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        In the order in which the coordinator would use them. Members prefer their own cloud, then the shortest way, so
        theirs may differ.
      </Text>
      {mesh.services.map(({ name, kind, answers }) => (
        <Paper key={name} component="section" withBorder p="md" aria-label={name}>
          <Stack gap="xs">
            <Title order={2}>{name}</Title>
            {kind !== undefined && (
              <Text size="sm" c="dimmed">
                {KIND_WORDS[kind]}
              </Text>
            )}
            {answers.length === 0 ? (
              <Text size="sm">Nobody offers it now.</Text>
            ) : (
              <Answers name={name} answers={answers} mesh={mesh} receivedAt={receivedAt} />
            )}
          </Stack>
        </Paper>
      ))}
    </Stack>
  )
}

interface AnswersProps {
  readonly name: string
  readonly answers: readonly MeshAnswer[]
  readonly mesh: ClusterMesh
  readonly receivedAt: number
}

function Answers({ name, answers, mesh, receivedAt }: AnswersProps) {
  const names = new Map(mesh.members.map((member) => [member.peer, memberName(member)]))
  return (
    <Table.ScrollContainer minWidth={560} type="native" tabIndex={0}>
      <Table verticalSpacing={6} aria-label={`Answers for ${name}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Member</Table.Th>
            <Table.Th scope="col">Cloud</Table.Th>
            <Table.Th scope="col">Address and ports</Table.Th>
            <Table.Th scope="col">Health</Table.Th>
            <Table.Th scope="col">Told</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {answers.map((answer) => (
            <Table.Tr key={answer.owner}>
              <Table.Td>{names.get(answer.owner) ?? shortPeer(answer.owner)}</Table.Td>
              <Table.Td>{answer.cloud}</Table.Td>
              <Table.Td className="breakable">
                {answer.address} {answer.ports.map(({ name: port, port: number }) => `${port} ${number}`).join(', ')}
              </Table.Td>
              <Table.Td>
                <Health answer={answer} />
              </Table.Td>
              <Table.Td>
                <AgeText at={timeOfAge(answer.ageMs, receivedAt)} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

/** Who is not alive is said to be so in place of what it said about itself. */
function Health({ answer }: { readonly answer: MeshAnswer }) {
  if (answer.status !== 'alive') return <MemberStatusBadge status={answer.status} />
  const { words, color, icon: Icon } = HEALTH_LOOKS[answer.health]
  return (
    <Badge color={color} variant="light" leftSection={<Icon size={12} />} tt="none">
      {words}
    </Badge>
  )
}

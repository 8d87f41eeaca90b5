import { Button, Code, Group, List, Text } from '@mantine/core'
import type { AuthorizedMachine, ClusterMesh } from '@muster/contexts/wire/clusters.ts'
import { IconCheck, IconDownload, IconHourglass, IconHourglassOff } from '@tabler/icons-react'
import { useMemo } from 'react'
import { ShownOnce } from '../shell/shown-once.tsx'
import { useNow } from '../shell/use-now.ts'
import { findHolder } from './member-list.ts'
import { shortSpan } from './member-words.ts'

interface JoinSectionProps {
  readonly machine: AuthorizedMachine
  readonly mesh: ClusterMesh | undefined
  readonly onClose: () => void
}

/** The section with the token, shown this once, what to do with it, and whether the machine has come. */
export function JoinSection({ machine, mesh, onClose }: JoinSectionProps) {
  const { service, slot, cloud, section } = machine
  const download = useMemo(() => `data:text/plain;charset=utf-8,${encodeURIComponent(section)}`, [section])
  const downloadButton = (
    <Button
      variant="default"
      leftSection={<IconDownload size={16} />}
      renderRoot={(props) => <a href={download} download="join.conf" {...props} />}
    >
      Download join.conf
    </Button>
  )
  return (
    <ShownOnce
      secret={section}
      label="Section"
      advice={`It lets one machine become ${service}/${slot} in ${cloud}.`}
      actions={downloadButton}
      onClose={onClose}
    >
      <Text size="sm">Give it to the machine in one of these ways:</Text>
      <List size="sm" spacing={4}>
        <List.Item>In its user-data or its context: the section as it is, beside the others.</List.Item>
        <List.Item>
          As the file <Code>/etc/muster/join.conf</Code>, readable for root alone (<Code>chmod 0600</Code>). The agent
          sees it within seconds.
        </List.Item>
      </List>
      <Arrival machine={machine} mesh={mesh} />
    </ShownOnce>
  )
}

/** Counts down until the token ends, or says that it was used. */
function Arrival({ machine, mesh }: Pick<JoinSectionProps, 'machine' | 'mesh'>) {
  const now = useNow(1_000)
  const leftMs = Date.parse(machine.expiresAt) - now
  if (findHolder(mesh, machine) !== undefined) {
    return (
      <Group gap={6} role="status">
        <IconCheck size={16} color="var(--mantine-color-teal-text)" aria-hidden />
        <Text size="sm">The machine has joined.</Text>
      </Group>
    )
  }
  const isOver = leftMs <= 0
  const Icon = isOver ? IconHourglassOff : IconHourglass
  return (
    <Group gap={6}>
      <Icon size={16} aria-hidden />
      <Text size="sm" role="timer">
        {isOver
          ? 'The token has expired: close this and make another one.'
          : `Nobody has used it yet; it expires in ${shortSpan(leftMs)}.`}
      </Text>
    </Group>
  )
}

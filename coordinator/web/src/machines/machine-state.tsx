import { Badge, Group } from '@mantine/core'
import type { Machine, MachineState } from '@muster/contexts/wire/machines.ts'
import { IconAlertTriangle, IconCheck, IconCircleDashed, IconPlayerPlay, IconWifiOff } from '@tabler/icons-react'

const LOOKS: Readonly<Record<MachineState, { words: string; color: string; icon: typeof IconCheck }>> = {
  paired: { words: 'Paired, no context yet', color: 'gray', icon: IconCircleDashed },
  applying: { words: 'Applying', color: 'blue', icon: IconPlayerPlay },
  configured: { words: 'Configured', color: 'teal', icon: IconCheck },
  failed: { words: 'Failed', color: 'red', icon: IconAlertTriangle },
}

/** State of a machine in words, with an icon and a color; a silent machine is said to be silent first. */
export function MachineStateBadge({ machine }: { readonly machine: Machine }) {
  const { words, color, icon: Icon } = LOOKS[machine.status.state]
  const { progress } = machine.status
  const detail =
    machine.status.state === 'applying' && progress !== undefined ? ` ${progress.done}/${progress.total}` : ''
  return (
    <Group gap={6} wrap="wrap">
      <Badge
        color={color}
        variant="light"
        leftSection={<Icon size={12} />}
        tt="none"
        opacity={machine.isOnline ? 1 : 0.6}
      >
        {words}
        {detail}
      </Badge>
      {!machine.isOnline && (
        <Badge color="gray" variant="outline" leftSection={<IconWifiOff size={12} />} tt="none">
          Silent
        </Badge>
      )}
    </Group>
  )
}

import { Badge } from '@mantine/core'
import type { MemberStatus } from '@muster/contexts/wire/clusters.ts'
import { IconCheck, IconDoorExit, IconQuestionMark, IconX } from '@tabler/icons-react'

/** How a status looks: never by color alone. */
export const STATUS_LOOKS: Readonly<
  Record<MemberStatus, { readonly words: string; readonly color: string; readonly icon: typeof IconCheck }>
> = {
  alive: { words: 'Alive', color: 'teal', icon: IconCheck },
  suspect: { words: 'Suspect', color: 'yellow', icon: IconQuestionMark },
  gone: { words: 'Gone', color: 'red', icon: IconX },
  left: { words: 'Left', color: 'gray', icon: IconDoorExit },
}

/** Status of a member in words, with an icon and a color. */
export function MemberStatusBadge({ status }: { readonly status: MemberStatus }) {
  const { words, color, icon: Icon } = STATUS_LOOKS[status]
  return (
    <Badge color={color} variant="light" leftSection={<Icon size={12} />} tt="none">
      {words}
    </Badge>
  )
}

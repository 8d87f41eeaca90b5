import { Group, Text, VisuallyHidden } from '@mantine/core'
import { describeCounts, type StatusCounts } from './member-list.ts'
import { STATUS_LOOKS } from './member-status.tsx'
import { STATUSES } from './member-words.ts'

interface StatusCountsTextProps {
  readonly counts: StatusCounts
  /** Little room: the words are for screen readers alone; icons differ in shape. @default false */
  readonly isCompact?: boolean
}

/** How many members are in which status, by icon, number and word. */
export function StatusCountsText({ counts, isCompact = false }: StatusCountsTextProps) {
  const present = STATUSES.filter((status) => counts[status] > 0)
  if (present.length === 0) return <Text size="sm">{describeCounts(counts)}</Text>
  return (
    <Group gap="sm" wrap={isCompact ? 'nowrap' : 'wrap'}>
      {present.map((status) => {
        const { color, icon: Icon } = STATUS_LOOKS[status]
        return (
          <Group key={status} gap={4} wrap="nowrap">
            <Icon size={14} color={`var(--mantine-color-${color}-text)`} aria-hidden />
            <Text size="sm" component="span" className="nowrap">
              {counts[status]} {isCompact ? <VisuallyHidden>{status}</VisuallyHidden> : status}
            </Text>
          </Group>
        )
      })}
    </Group>
  )
}

import { Badge, Code, List, Stack, Text, Title, UnstyledButton } from '@mantine/core'
import type { Plan } from '@muster/contexts/plan/plan.ts'
import { useMemo } from 'react'
import { groupPlan, type PlanItem } from './plan-groups.ts'

/** Items that one subject shows; a plan may have thousands. */
const MAX_SHOWN = 200

interface PlanPreviewProps {
  readonly plan: Plan | undefined
  /** Goes to the line that asks for a thing. */
  readonly onLine?: (line: number) => void
}

/** What a context makes of a machine, by subject; secrets are masked. */
export function PlanPreview({ plan, onLine }: PlanPreviewProps) {
  const groups = useMemo(() => groupPlan(plan?.resources ?? []), [plan])
  if (plan === undefined) {
    return <Text c="dimmed">The plan appears here once the errors are fixed.</Text>
  }
  if (groups.length === 0) {
    return <Text c="dimmed">Nothing: a machine with this context stays as it is.</Text>
  }
  return (
    <Stack gap="md">
      {groups.map((group) => (
        <section key={group.name} aria-label={group.name}>
          <Title order={3} mb={6}>
            {group.name}{' '}
            <Text span c="dimmed" fw={400} size="sm">
              {group.items.length}
            </Text>
          </Title>
          <List spacing={6} size="sm" listStyleType="none" withPadding={false}>
            {group.items.slice(0, MAX_SHOWN).map((item) => (
              <List.Item key={item.address}>
                <PlanLine item={item} onLine={onLine} />
              </List.Item>
            ))}
            {group.items.length > MAX_SHOWN && <List.Item>and {group.items.length - MAX_SHOWN} more</List.Item>}
          </List>
        </section>
      ))}
    </Stack>
  )
}

function PlanLine({
  item,
  onLine,
}: {
  readonly item: PlanItem
  readonly onLine: ((line: number) => void) | undefined
}) {
  const { line } = item
  return (
    <Text component="div" size="sm" className="breakable">
      <Code>{item.text}</Code>{' '}
      {item.undo === 'none' && (
        <Badge size="sm" color="orange" variant="light" tt="none">
          cannot be undone
        </Badge>
      )}
      {line !== undefined && onLine !== undefined && (
        <UnstyledButton
          fz="xs"
          c="dimmed"
          td="underline"
          onClick={() => onLine(line)}
          aria-label={`Go to line ${line}`}
        >
          line {line}
        </UnstyledButton>
      )}
    </Text>
  )
}

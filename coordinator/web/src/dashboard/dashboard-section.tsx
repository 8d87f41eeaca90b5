import { Anchor, Group, Paper, Stack, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

interface DashboardSectionProps {
  readonly title: string
  readonly to: '/contexts' | '/machines'
  readonly children: ReactNode
}

/** One card of the dashboard, with the way to the whole list. */
export function DashboardSection({ title, to, children }: DashboardSectionProps) {
  return (
    <Paper component="section" withBorder p="md" aria-label={title}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{title}</Title>
          <Anchor size="sm" renderRoot={(props) => <Link to={to} {...props} />}>
            All {title.toLowerCase()}
          </Anchor>
        </Group>
        {children}
      </Stack>
    </Paper>
  )
}

import { Box, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { ColorSchemeButton } from './color-scheme-button.tsx'
import { Logo } from './logo.tsx'

interface PlainFrameProps {
  readonly title: string
  readonly lead: string
  readonly children: ReactNode
}

/** Frame of the pages without navigation: sign in, sign up, not found. */
export function PlainFrame({ title, lead, children }: PlainFrameProps) {
  useDocumentTitle(`${title} · Muster`)
  return (
    <Box mih="100dvh" p="md">
      <Group justify="flex-end">
        <ColorSchemeButton />
      </Group>
      <Stack component="main" maw={420} mx="auto" mt={{ base: 'md', sm: '8vh' }} gap="lg">
        <Stack gap={6} align="center" ta="center">
          <Logo size={52} />
          <Title order={1}>{title}</Title>
          <Text c="dimmed">{lead}</Text>
        </Stack>
        <Paper withBorder p="xl" radius="lg" shadow="sm">
          {children}
        </Paper>
      </Stack>
    </Box>
  )
}

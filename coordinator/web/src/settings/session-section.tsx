import { Paper, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { sessionsQuery } from '../api/queries.ts'
import { QueryView } from '../shell/query-view.tsx'
import { SessionList } from './session-list.tsx'

/** Browsers in which the account is signed in. */
export function SessionSection() {
  const sessions = useQuery(sessionsQuery)
  return (
    <Paper component="section" withBorder p="md" aria-label="Signed-in browsers">
      <Stack>
        <Stack gap={2}>
          <Title order={2}>Signed-in browsers</Title>
          <Text size="sm" c="dimmed">
            End a session that you do not know, then change your password.
          </Text>
        </Stack>
        <QueryView query={sessions} what="sessions">
          {(all) => <SessionList sessions={all} />}
        </QueryView>
      </Stack>
    </Paper>
  )
}

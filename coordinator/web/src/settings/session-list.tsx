import { Badge, Button, Group, Paper, Stack, Text } from '@mantine/core'
import type { SessionInfo } from '@muster/contexts/wire/accounts.ts'
import { useEndSession } from '../api/account-mutations.ts'
import { AgeText } from '../shell/age-text.tsx'
import { ProblemAlert } from '../shell/problem-alert.tsx'
import { browserName } from './browser-name.ts'

/** Browsers that are signed in, with the button that signs each of the others out. */
export function SessionList({ sessions }: { readonly sessions: readonly SessionInfo[] }) {
  const end = useEndSession()
  return (
    <Stack gap="xs">
      {end.error !== null && <ProblemAlert error={end.error} />}
      <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Sessions">
        {sessions.map((session) => (
          <Paper component="li" key={session.id} withBorder p="sm">
            <Group justify="space-between" align="flex-start">
              <Stack gap={4} flex="1 1 240px">
                <Group gap="xs">
                  <Text fw={600} className="breakable" title={session.userAgent}>
                    {browserName(session.userAgent)}
                  </Text>
                  {session.isCurrent && (
                    <Badge size="sm" variant="light" tt="none">
                      this browser
                    </Badge>
                  )}
                </Group>
                <Text size="xs" c="dimmed" component="div">
                  Signed in <AgeText at={session.createdAt} />, used <AgeText at={session.lastUsedAt} />, ends{' '}
                  {new Date(session.expiresAt).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })}{' '}
                  unless used
                </Text>
              </Stack>
              {!session.isCurrent && (
                <Button
                  size="xs"
                  variant="light"
                  color="red"
                  aria-label={`End the session of ${browserName(session.userAgent)}`}
                  loading={end.isPending && end.variables === session.id}
                  onClick={() => end.mutate(session.id)}
                >
                  End
                </Button>
              )}
            </Group>
          </Paper>
        ))}
      </Stack>
      <Text size="sm" role="status">
        {end.isSuccess && 'The session is ended.'}
      </Text>
    </Stack>
  )
}

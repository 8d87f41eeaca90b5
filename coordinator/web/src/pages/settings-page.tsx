import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { sessionQuery } from '../api/queries.ts'
import { useSignOut } from '../api/use-sign-out.ts'
import { DeleteAccount } from '../settings/delete-account.tsx'
import { PasswordSection } from '../settings/password-section.tsx'
import { SessionSection } from '../settings/session-section.tsx'
import { TokenSection } from '../settings/token-section.tsx'
import { AgeText } from '../shell/age-text.tsx'
import { Page } from '../shell/page.tsx'

/** `/settings` */
export function SettingsPage() {
  const { data: session } = useQuery(sessionQuery)
  const signOut = useSignOut()
  return (
    <Page title="Settings" width={820}>
      <Paper component="section" withBorder p="md">
        <Group justify="space-between">
          <Stack gap={2}>
            <Title order={2}>Account</Title>
            {session && (
              <Text size="sm" component="div">
                Signed in as <b>{session.account.login}</b>, account made <AgeText at={session.account.createdAt} />
              </Text>
            )}
          </Stack>
          <Button
            variant="default"
            leftSection={<IconLogout size={16} />}
            loading={signOut.isPending}
            onClick={() => signOut.mutate()}
          >
            Sign out
          </Button>
        </Group>
      </Paper>
      <PasswordSection />
      <SessionSection />
      <TokenSection />
      {session && <DeleteAccount login={session.account.login} />}
    </Page>
  )
}

import { Badge, Button, Group, Paper, Stack, Text } from '@mantine/core'
import type { ApiToken } from '@muster/contexts/wire/accounts.ts'
import { useRevokeToken } from '../api/account-mutations.ts'
import { AgeText } from '../shell/age-text.tsx'
import { ProblemAlert } from '../shell/problem-alert.tsx'

/** Tokens with what they may do, and the button that ends each. */
export function TokenList({ tokens }: { readonly tokens: readonly ApiToken[] }) {
  const revoke = useRevokeToken()
  return (
    <Stack gap="xs" component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Tokens">
      {revoke.error !== null && <ProblemAlert error={revoke.error} />}
      {tokens.map((token) => (
        <Paper component="li" key={token.id} withBorder p="sm">
          <Group justify="space-between" align="flex-start">
            <Stack gap={4} flex="1 1 240px">
              <Text fw={600} className="breakable">
                {token.name}
              </Text>
              <Group gap={4}>
                {token.scopes.map((scope) => (
                  <Badge key={scope} size="sm" variant="light" color="gray" tt="none">
                    {scope}
                  </Badge>
                ))}
              </Group>
              <Text size="xs" c="dimmed" component="div">
                Made <AgeText at={token.createdAt} />,{' '}
                {token.lastUsedAt === undefined ? (
                  'never used'
                ) : (
                  <>
                    used <AgeText at={token.lastUsedAt} />
                  </>
                )}
                , expires {new Date(token.expiresAt).toLocaleDateString('en-GB', { dateStyle: 'medium' })}
              </Text>
            </Stack>
            <Button
              size="xs"
              variant="light"
              color="red"
              aria-label={`Revoke ${token.name}`}
              loading={revoke.isPending && revoke.variables === token.id}
              onClick={() => revoke.mutate(token.id)}
            >
              Revoke
            </Button>
          </Group>
        </Paper>
      ))}
    </Stack>
  )
}

import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { tokensQuery } from '../api/queries.ts'
import { Dialog } from '../shell/dialog.tsx'
import { QueryView } from '../shell/query-view.tsx'
import { NewTokenForm } from './new-token-form.tsx'
import { TokenList } from './token-list.tsx'

/** API tokens of the account. */
export function TokenSection() {
  const tokens = useQuery(tokensQuery)
  const [isOpen, dialog] = useDisclosure(false)
  return (
    <Paper component="section" withBorder p="md" aria-label="API tokens">
      <Stack>
        <Group justify="space-between" align="flex-start">
          <Stack gap={2} flex="1 1 260px">
            <Title order={2}>API tokens</Title>
            <Text size="sm" c="dimmed">
              For scripts and the command line. A token may do only what you allow it, and only until it expires.
            </Text>
          </Stack>
          <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
            New token
          </Button>
        </Group>
        <QueryView query={tokens} what="tokens">
          {(all) => (all.length === 0 ? <Text c="dimmed">You have no tokens.</Text> : <TokenList tokens={all} />)}
        </QueryView>
      </Stack>
      <Dialog isOpen={isOpen} onClose={dialog.close} title="New API token">
        <NewTokenForm onClose={dialog.close} />
      </Dialog>
    </Paper>
  )
}

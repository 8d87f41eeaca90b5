import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import type { Tagged } from '@muster/contexts/api/requester.ts'
import type { Context } from '@muster/contexts/wire/contexts.ts'
import { IconGitMerge } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { contextQuery } from '../api/queries.ts'
import { TextDifference } from '../editor/text-difference.tsx'
import { QueryView } from '../shell/query-view.tsx'
import { VersionText } from './version-text.tsx'

interface ConflictScreenProps {
  readonly contextId: string
  /** Text that could not be saved. */
  readonly mine: string
  /** Goes on editing with a text, on top of what is stored now. */
  readonly onResolve: (text: string, current: Tagged<Context>) => void
}

/** Shows what somebody else saved beside the text that could not be saved; nothing is lost whatever is chosen. */
export function ConflictScreen({ contextId, mine, onResolve }: ConflictScreenProps) {
  const current = useQuery({ ...contextQuery(contextId), staleTime: 0, refetchOnMount: 'always' })
  return (
    <Stack>
      <Alert
        color="yellow"
        variant="light"
        icon={<IconGitMerge />}
        title="Somebody saved another version meanwhile"
        role="alert"
      >
        <Text size="sm">
          Yours is not saved yet. Compare the two, then go on with one of them: both ways lead back to the editor, and
          the saved version stays in the history.
        </Text>
      </Alert>
      <QueryView query={current} what="saved version">
        {(tagged) => (
          <VersionText contextId={contextId} version={tagged.value.latest.version}>
            {(theirs) => (
              <Stack>
                <TextDifference
                  before={theirs}
                  after={mine}
                  labels={[`Saved version ${tagged.value.latest.version}`, 'Your text']}
                />
                <Text size="sm" c="dimmed">
                  Marked red: only in the saved version {tagged.value.latest.version}. Marked green: only in your text.
                </Text>
                <Group justify="flex-end">
                  <Button variant="default" onClick={() => onResolve(theirs, tagged)}>
                    Go on with the saved version
                  </Button>
                  <Button onClick={() => onResolve(mine, tagged)}>Go on with my text</Button>
                </Group>
              </Stack>
            )}
          </VersionText>
        )}
      </QueryView>
    </Stack>
  )
}

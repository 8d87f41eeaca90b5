import { Button, Code, EmptyState, Stack, Text } from '@mantine/core'
import { IconTopologyStar3 } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'

/** What an account without clusters sees: how to get one. */
export function NoClusters() {
  return (
    <Stack align="center" gap="xs" py="xl">
      <EmptyState
        icon={<IconTopologyStar3 />}
        title="No clusters yet"
        description="In a cluster machines find each other and their services by themselves, in one cloud or in several. It begins with a file that names its services and clouds."
      >
        <EmptyState.Actions>
          <Button renderRoot={(props) => <Link to="/clusters/new" {...props} />}>New cluster</Button>
        </EmptyState.Actions>
      </EmptyState>
      <Text size="sm" c="dimmed">
        From a terminal: <Code>muster cluster create FILE</Code>
      </Text>
    </Stack>
  )
}

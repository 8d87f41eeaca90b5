import { Button, Group, Paper, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { ProblemAlert } from '../shell/problem-alert.tsx'

interface PairStoppedProps {
  readonly error: unknown
  readonly onRestart: () => void
}

/** A pairing that broke off after the machine had accepted its owner. */
export function PairStopped({ error, onRestart }: PairStoppedProps) {
  return (
    <Paper withBorder p={{ base: 'md', sm: 'xl' }}>
      <Stack>
        <ProblemAlert error={error} />
        <Text size="sm">
          The machine already knows you as its owner. If it had begun to apply, it goes on or takes its changes back by
          itself; what it says shows among your machines. Otherwise start again with the PIN that its console shows now.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" renderRoot={(props) => <Link to="/machines" {...props} />}>
            See your machines
          </Button>
          <Button onClick={onRestart}>Start again</Button>
        </Group>
      </Stack>
    </Paper>
  )
}

import { Button, EmptyState } from '@mantine/core'
import { IconCpu } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'

/** What an account without machines sees: how to get one. */
export function NoMachines() {
  return (
    <EmptyState
      icon={<IconCpu />}
      title="No machines yet"
      description="Boot a VM that has the Muster agent: its console shows a PIN of eight letters. Type that PIN here and choose a context."
      py="xl"
    >
      <EmptyState.Actions>
        <Button renderRoot={(props) => <Link to="/pair" {...props} />}>Pair a machine</Button>
      </EmptyState.Actions>
    </EmptyState>
  )
}

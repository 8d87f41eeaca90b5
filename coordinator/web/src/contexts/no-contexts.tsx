import { Button, EmptyState } from '@mantine/core'
import { IconFileText } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'

/** What an account without contexts sees: what a context is and how to write one. */
export function NoContexts() {
  return (
    <EmptyState
      icon={<IconFileText />}
      title="No contexts yet"
      description="A context is a text that says what a machine shall be: its users, software repositories, settings and scripts. Paste one you have, or begin with an example."
      py="xl"
    >
      <EmptyState.Actions>
        <Button renderRoot={(props) => <Link to="/contexts/new" {...props} />}>Write a context</Button>
      </EmptyState.Actions>
    </EmptyState>
  )
}

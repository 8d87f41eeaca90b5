import { Alert, Button, Group, Paper, Stack, Text } from '@mantine/core'
import type { Claim } from '@muster/contexts/wire/pairings.ts'
import { IconShieldExclamation } from '@tabler/icons-react'
import { ClaimFacts } from './claim-facts.tsx'
import { StepTitle } from './step-title.tsx'

interface MachineCardProps {
  readonly claim: Claim
  readonly isPending: boolean
  readonly onConfirm: () => void
  readonly onCancel: () => void
}

/** Facts of the found machine, and the question whether it is the person's own. */
export function MachineCard({ claim, isPending, onConfirm, onCancel }: MachineCardProps) {
  return (
    <Paper withBorder p={{ base: 'md', sm: 'xl' }} component="section" aria-label="The machine">
      <Stack>
        <StepTitle>Is this the screen in front of you?</StepTitle>
        <ClaimFacts claim={claim} />
        <Alert color="yellow" variant="light" icon={<IconShieldExclamation />} title="Go on only if it is your own">
          <Text size="sm">
            You booted this machine yourself, and its console shows the PIN and these facts right now. If a message, a
            website or another person gave you the PIN, cancel: you would hand your context, with the passwords in it,
            to their machine.
          </Text>
        </Alert>
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button loading={isPending} onClick={onConfirm}>
            Yes, this is my machine
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}

import { Alert, Badge, Box, Button, Code, Group, List, Paper, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconHistoryOff } from '@tabler/icons-react'
import { countWords } from '../shell/count-words.ts'
import { groupChanges } from './change-groups.ts'
import type { PairState } from './pair-state.ts'
import { StepTitle } from './step-title.tsx'
import { WireDiagnostics } from './wire-diagnostics.tsx'

interface MachinePlanCardProps {
  readonly state: Extract<PairState, { step: 'plan' }>
  readonly onApprove: () => void
  readonly onBack: () => void
}

/** What the machine would change, what it warns of, what cannot be undone; and the button that starts it. */
export function MachinePlanCard({ state, onApprove, onBack }: MachinePlanCardProps) {
  const { choice, claim, phrase, plan } = state
  const { groups, permanent } = groupChanges(plan.changes)
  return (
    <Paper withBorder p={{ base: 'md', sm: 'xl' }} component="section" aria-label="Plan of the machine">
      <Stack>
        <Stack gap={4}>
          <StepTitle>
            {plan.changes.length === 0
              ? 'Nothing to change'
              : `${countWords(plan.changes.length, 'change')} on ${claim.facts.hostname}`}
          </StepTitle>
          <Text size="sm" c="dimmed">
            {choice.name}, version {choice.version}. This is the machine’s own plan; passwords are masked. Check phrase:{' '}
            <b>{phrase.join('-')}</b>
          </Text>
        </Stack>
        {plan.diagnostics.length > 0 && (
          <Alert color="yellow" variant="light" icon={<IconAlertTriangle />} title="The machine remarks">
            <WireDiagnostics diagnostics={plan.diagnostics} />
          </Alert>
        )}
        {permanent.length > 0 && (
          <Alert color="orange" variant="light" icon={<IconHistoryOff />} title="Cannot be undone">
            <List size="sm">
              {permanent.map((change) => (
                <List.Item key={change.address}>
                  <span className="breakable">{change.summary}</span>
                </List.Item>
              ))}
            </List>
          </Alert>
        )}
        <Box mah={380} style={{ overflowY: 'auto' }} tabIndex={0} role="region" aria-label="Changes">
          <Stack gap="md">
            {groups.map((group) => (
              <div key={group.title}>
                <Group gap={6} mb={4}>
                  <Title order={3}>{group.title}</Title>
                  <Badge size="sm" variant="light" color="gray">
                    {group.changes.length}
                  </Badge>
                </Group>
                <Stack gap={4}>
                  {group.changes.map((change) => (
                    <Code
                      key={`${change.action} ${change.address}`}
                      className="breakable"
                      style={{ whiteSpace: 'pre-wrap' }}
                    >
                      {change.summary}
                    </Code>
                  ))}
                </Stack>
              </div>
            ))}
          </Stack>
        </Box>
        <Group justify="flex-end">
          <Button variant="default" onClick={onBack}>
            Choose another context
          </Button>
          <Button onClick={onApprove}>{plan.changes.length === 0 ? 'Use this context' : 'Apply'}</Button>
        </Group>
      </Stack>
    </Paper>
  )
}

import { Box, Group, Loader, Paper, Progress, Stack, Text, Title } from '@mantine/core'
import type { ProgressStep } from '@muster/contexts/pairing/claimant.ts'
import { IconAlertTriangle, IconCheck, IconCircleX } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { viewProgress } from './apply-steps.ts'
import type { PairState } from './pair-state.ts'

/** Steps while the machine applies: fetched, verified and planned are done by now, each change follows. */
export function ApplyProgress({ state }: { readonly state: Extract<PairState, { step: 'applying' }> }) {
  const { steps, finished, total } = viewProgress(state.plan.changes, state.progress)
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (finished > 0) end.current?.scrollIntoView({ block: 'nearest' })
  }, [finished])
  return (
    <Paper withBorder p={{ base: 'md', sm: 'xl' }} component="section" aria-label="Applying">
      <Stack>
        <Title order={2}>The machine is at work</Title>
        <Stack gap={4}>
          {['Fetched', 'Verified', 'Planned'].map((name) => (
            <StepLine key={name} phase="done" text={name} />
          ))}
        </Stack>
        <div>
          <Text size="sm" fw={600} role="status" mb={4}>
            {total === 0 ? 'Applying…' : `Applying ${finished}/${total}`}
          </Text>
          <Progress value={total === 0 ? 0 : (100 * finished) / total} animated aria-label="Progress" />
        </div>
        <Box mah={320} style={{ overflowY: 'auto' }}>
          <Stack gap={4} component="ol" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Changes made">
            {steps.map((step) => (
              <li key={step.index}>
                <StepLine phase={step.phase} text={step.text} detail={step.message} />
              </li>
            ))}
          </Stack>
          <div ref={end} />
        </Box>
        <Text size="sm" c="dimmed">
          You may close this page: the machine goes on, and its state shows among your machines.
        </Text>
      </Stack>
    </Paper>
  )
}

interface StepLineProps {
  readonly phase: ProgressStep['phase']
  readonly text: string
  readonly detail?: string | undefined
}

const WORDS: Readonly<Record<ProgressStep['phase'], string>> = {
  started: 'under way',
  done: 'done',
  'not-done': 'not done',
  failed: 'failed',
}

function StepLine({ phase, text, detail }: StepLineProps) {
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <StepIcon phase={phase} />
      <Text size="sm" className="breakable">
        {text}
        {phase !== 'done' && ` (${WORDS[phase]})`}
        {detail !== undefined && (
          <Text span size="sm" c="dimmed">
            {' '}
            {detail}
          </Text>
        )}
      </Text>
    </Group>
  )
}

function StepIcon({ phase }: { readonly phase: ProgressStep['phase'] }) {
  if (phase === 'started') return <Loader size={16} aria-label={WORDS.started} />
  if (phase === 'done') return <IconCheck size={17} color="var(--mantine-color-teal-text)" aria-label={WORDS.done} />
  if (phase === 'failed')
    return <IconCircleX size={17} color="var(--mantine-color-red-text)" aria-label={WORDS.failed} />
  return <IconAlertTriangle size={17} color="var(--mantine-color-orange-text)" aria-label={WORDS['not-done']} />
}

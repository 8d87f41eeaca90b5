import { Box, Paper, Progress, Stack, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { viewProgress } from './apply-steps.ts'
import { MilestoneList } from './milestone-list.tsx'
import type { PairState } from './pair-state.ts'
import { StepLine } from './step-line.tsx'
import { StepTitle } from './step-title.tsx'

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
        <StepTitle>The machine is at work</StepTitle>
        <MilestoneList last={undefined} />
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

import { Alert, Button, Code, Group, Paper, Spoiler, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { machinesQuery } from '../api/queries.ts'
import { describeOutcome } from '../machines/apply-outcome.ts'
import { countWords } from '../shell/count-words.ts'
import { viewProgress } from './apply-steps.ts'
import { findPairedMachine } from './find-paired-machine.ts'
import { MilestoneList } from './milestone-list.tsx'
import type { PairState } from './pair-state.ts'
import { StepLine } from './step-line.tsx'
import { StepTitle } from './step-title.tsx'

interface PairResultProps {
  readonly state: Extract<PairState, { step: 'finished' }>
  readonly onAnother: () => void
}

/** How the apply ended, with the machine's report and the way to the machine. */
export function PairResult({ state, onAnother }: PairResultProps) {
  const { choice, claim, plan, progress, result } = state
  const words = describeOutcome(result.summary)
  const machines = useQuery(machinesQuery)
  const machine = findPairedMachine(machines.data ?? [], claim)
  const { steps, total } = viewProgress(plan.changes, progress)
  const done = steps.filter((step) => step.phase === 'done').length
  const hasFailed = words.color === 'red'
  const unusual = steps.filter((step) => step.phase === 'not-done' || step.phase === 'failed')
  return (
    <Paper withBorder p={{ base: 'md', sm: 'xl' }} component="section" aria-label="Result">
      <Stack>
        <StepTitle>{words.title}</StepTitle>
        <Alert
          color={words.color}
          variant="light"
          icon={words.color === 'teal' ? <IconCheck /> : <IconAlertTriangle />}
          role="status"
        >
          <Text size="sm">
            {hasFailed
              ? `${choice.name}, version ${choice.version}, on ${claim.facts.hostname}: ${words.text}`
              : `${claim.facts.hostname} has ${choice.name}, version ${choice.version}. ${words.text}`}
          </Text>
          <Text size="sm">
            {countWords(result.summary.changes, 'change')} in {(result.summary.durationMs / 1000).toFixed(1)} s,{' '}
            {countWords(result.summary.warnings, 'warning')}, {result.summary.notDone} not done.
          </Text>
        </Alert>
        <MilestoneList
          last={{
            phase: hasFailed ? 'failed' : 'done',
            text: total === 0 ? 'Nothing to apply' : `Applied ${done}/${total}`,
          }}
        />
        {unusual.length > 0 && (
          <Stack gap={4} component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Not done">
            {unusual.map((step) => (
              <li key={step.index}>
                <StepLine phase={step.phase} text={step.text} detail={step.message} />
              </li>
            ))}
          </Stack>
        )}
        {result.report.length > 0 && (
          <div>
            <Title order={3} mb={6}>
              Report
            </Title>
            <Spoiler maxHeight={240} showLabel="Show all" hideLabel="Show less">
              <Code block style={{ whiteSpace: 'pre-wrap' }} className="breakable">
                {result.report.join('\n')}
              </Code>
            </Spoiler>
          </div>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onAnother}>
            Pair another machine
          </Button>
          <Button
            renderRoot={(props) =>
              machine === undefined ? (
                <Link to="/machines" {...props} />
              ) : (
                <Link to="/machines/$id" params={{ id: machine.id }} {...props} />
              )
            }
          >
            {machine === undefined ? 'See your machines' : 'See the machine'}
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}

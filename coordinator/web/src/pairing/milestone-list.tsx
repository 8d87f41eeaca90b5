import { Stack } from '@mantine/core'
import type { ProgressStep } from '@muster/contexts/pairing/claimant.ts'
import { StepLine } from './step-line.tsx'

/** The last milestone: how the applying itself went. */
interface LastMilestone {
  readonly phase: ProgressStep['phase']
  readonly text: string
}

/** What comes before applying, done by now, and at the end how the applying went. */
export function MilestoneList({ last }: { readonly last: LastMilestone | undefined }) {
  return (
    <Stack gap={4} component="ol" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Steps">
      {['Fetched', 'Verified', 'Planned'].map((name) => (
        <li key={name}>
          <StepLine phase="done" text={name} />
        </li>
      ))}
      {last !== undefined && (
        <li>
          <StepLine phase={last.phase} text={last.text} />
        </li>
      )}
    </Stack>
  )
}

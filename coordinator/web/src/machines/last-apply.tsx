import { Alert, Stack, Text } from '@mantine/core'
import { interruptedApply } from '@muster/contexts/wire/interrupted-apply.ts'
import type { ApplySummary } from '@muster/contexts/wire/machines.ts'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { AgeText } from '../shell/age-text.tsx'
import { FactList } from '../shell/fact-list.tsx'
import { describeOutcome } from './apply-outcome.ts'

/** How the last apply went. */
export function LastApply({ summary }: { readonly summary: ApplySummary | undefined }) {
  if (summary === undefined) return <Text c="dimmed">No context has been applied yet.</Text>
  const words = describeOutcome(summary)
  return (
    <Stack gap="sm">
      <Alert
        color={words.color}
        variant="light"
        title={words.title}
        icon={words.color === 'teal' ? <IconCheck /> : <IconAlertTriangle />}
      >
        {words.text}
      </Alert>
      <FactList facts={factsOf(summary)} />
    </Stack>
  )
}

/** Of an apply that was cut off nobody knows how long it took. */
function factsOf(summary: ApplySummary) {
  const interrupted = interruptedApply(summary)
  if (interrupted !== undefined) {
    const { startedAt, takenBackAt, changesMade } = interrupted
    return [
      { label: 'Begun', value: startedAt === undefined ? undefined : <AgeText at={startedAt} /> },
      { label: interrupted.isTakenBack ? 'Taken back' : 'Next start', value: <AgeText at={takenBackAt} /> },
      { label: 'Changed before the cut', value: changesMade },
    ]
  }
  return [
    { label: 'Finished', value: <AgeText at={summary.finishedAt} /> },
    { label: 'Took', value: `${(summary.durationMs / 1000).toFixed(1)} s` },
    { label: 'Changes', value: summary.changes },
    { label: 'Warnings', value: summary.warnings },
    { label: 'Not done', value: summary.notDone },
    { label: 'Error', value: summary.errorCode },
  ]
}

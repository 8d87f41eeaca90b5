import { Alert, Stack, Text } from '@mantine/core'
import { useMemo } from 'react'
import { analyzeContext, summarizeProblems } from '../editor/analyze-context.ts'
import { PlanPreview } from '../plan/plan-preview.tsx'

/** What a saved text does, with a warning when it has errors. */
export function TextPlan({ text }: { readonly text: string }) {
  const { plan, diagnostics } = useMemo(() => analyzeContext(text), [text])
  const hasErrors = diagnostics.some((diagnostic) => diagnostic.severity === 'error')
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        Seen for a sample machine. The real one shows its own plan before anything changes.
      </Text>
      {hasErrors && (
        <Alert color="red" variant="light" title={summarizeProblems(diagnostics)}>
          A machine refuses this version. Edit it to see where the errors are.
        </Alert>
      )}
      <PlanPreview plan={plan} />
    </Stack>
  )
}

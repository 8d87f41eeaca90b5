import { Button, Stack, Text } from '@mantine/core'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { explainError } from '../api/explain-error.ts'
import { PlainFrame } from './plain-frame.tsx'

/** Shown instead of a page that failed to load or to draw. */
export function CrashPage({ error }: ErrorComponentProps) {
  const { detail, hint } = explainError(error)
  return (
    <PlainFrame title="This page failed" lead="Nothing you saved is lost.">
      <Stack align="flex-start">
        <Text className="breakable">{detail}</Text>
        {hint !== undefined && <Text>{hint}</Text>}
        <Button onClick={() => window.location.reload()}>Load the page again</Button>
      </Stack>
    </PlainFrame>
  )
}

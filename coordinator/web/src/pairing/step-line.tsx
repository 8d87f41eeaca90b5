import { Group, Loader, Text } from '@mantine/core'
import type { ProgressStep } from '@muster/contexts/pairing/claimant.ts'
import { IconAlertTriangle, IconCheck, IconCircleX } from '@tabler/icons-react'

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

/** One step of an apply with its state in words and as an icon. */
export function StepLine({ phase, text, detail }: StepLineProps) {
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

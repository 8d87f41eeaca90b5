import { Group, Text } from '@mantine/core'
import type { PairState } from './pair-state.ts'

const STEPS = ['PIN', 'Machine', 'Context', 'Plan', 'Apply'] as const

const POSITION: Readonly<Record<PairState['step'], number>> = {
  pin: 0,
  claiming: 0,
  machine: 1,
  connecting: 1,
  context: 2,
  planning: 2,
  plan: 3,
  applying: 4,
  finished: 5,
  stopped: -1,
}

/** Where in the pairing the page is. */
export function PairSteps({ step }: { readonly step: PairState['step'] }) {
  const position = POSITION[step]
  if (position === -1) return null
  return (
    <Group component="ol" gap={6} p={0} m={0} wrap="nowrap" className="pair-steps" aria-label="Steps of pairing">
      {STEPS.map((name, index) => {
        const look = index < position ? 'done' : index === position ? 'current' : 'ahead'
        return (
          <li key={name} data-look={look} aria-current={look === 'current' ? 'step' : undefined}>
            <Text span size="xs" fw={look === 'current' ? 700 : 500} inherit>
              {name}
            </Text>
          </li>
        )
      })}
    </Group>
  )
}

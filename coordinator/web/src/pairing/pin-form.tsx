import { Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { pauseSeconds } from '../api/explain-error.ts'
import { ProblemAlert } from '../shell/problem-alert.tsx'
import { PIN_FIELD_PROPS } from './pin-field-props.ts'
import { foreignLetters, formatPinInput, isWholePin } from './pin-input.ts'
import { useCountdown } from './use-countdown.ts'

interface PinFormProps {
  readonly initialPin: string
  readonly isPending: boolean
  readonly error: unknown
  readonly onSubmit: (pin: string) => void
}

/** Field for the PIN on the machine's screen. Forgiving in what it takes; a link may fill it in, never submit it. */
export function PinForm({ initialPin, isPending, error, onSubmit }: PinFormProps) {
  const [pin, setPin] = useState(initialPin)
  const [foreign, setForeign] = useState<readonly string[]>([])
  const pause = useCountdown(pauseSeconds(error), error)
  const type = (typed: string) => {
    setPin(formatPinInput(typed))
    setForeign(foreignLetters(typed))
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isWholePin(pin) && pause === 0) onSubmit(pin)
  }
  return (
    <Paper withBorder p={{ base: 'md', sm: 'xl' }}>
      <form onSubmit={submit}>
        <Stack>
          {error !== undefined && <ProblemAlert error={error} />}
          <TextInput
            {...PIN_FIELD_PROPS}
            label="PIN"
            description="The eight letters on the console of the machine. Small letters, with or without dash: all is fine."
            value={pin}
            onChange={(event) => type(event.currentTarget.value)}
            autoFocus
          />
          {foreign.length > 0 && (
            <Text size="sm" c="dimmed" role="status">
              No PIN has {foreign.join(', ')}; such letters are left out.
            </Text>
          )}
          <Group justify="space-between">
            <Text size="sm" c="dimmed" role="status">
              {pause > 0 ? `Next try in ${describePause(pause)}` : ''}
            </Text>
            <Button type="submit" size="md" loading={isPending} disabled={!isWholePin(pin) || pause > 0}>
              Find the machine
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  )
}

function describePause(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

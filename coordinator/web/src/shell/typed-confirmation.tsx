import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { ProblemAlert } from './problem-alert.tsx'

interface TypedConfirmationProps {
  /** What has to be typed. */
  readonly name: string
  readonly action: string
  readonly isPending: boolean
  /** Something else is still missing. @default false */
  readonly isIncomplete?: boolean
  readonly error: unknown
  readonly onConfirm: () => void
  readonly onCancel: () => void
  readonly children: ReactNode
}

/** Asks for a thing's name before it is destroyed, so that no slip of the mouse does it. */
export function TypedConfirmation(props: TypedConfirmationProps) {
  const [typed, setTyped] = useState('')
  const isReady = typed.trim() === props.name && props.isIncomplete !== true
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isReady) props.onConfirm()
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        {props.children}
        {props.error !== null && props.error !== undefined && <ProblemAlert error={props.error} />}
        <TextInput
          label={
            <>
              Type{' '}
              <Text span fw={700} className="breakable">
                {props.name}
              </Text>{' '}
              to confirm
            </>
          }
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onCancel}>
            Cancel
          </Button>
          <Button type="submit" color="red" loading={props.isPending} disabled={!isReady}>
            {props.action}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

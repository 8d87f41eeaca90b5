import { Button, Group, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { passwordProblem } from '../accounts/credentials.ts'
import { useChangePassword } from '../api/account-mutations.ts'
import { ProblemAlert } from '../shell/problem-alert.tsx'

const SHOW = { 'aria-label': 'Show the password' }

/** Form that changes the password. */
export function PasswordSection() {
  const [current, setCurrent] = useState('')
  const [wished, setWished] = useState('')
  const [isChecked, setChecked] = useState(false)
  const change = useChangePassword()
  const problems = {
    current: current === '' ? 'Enter your present password.' : undefined,
    wished: passwordProblem(wished),
  }

  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (problems.current !== undefined || problems.wished !== undefined) return
    const done = () => {
      setCurrent('')
      setWished('')
      setChecked(false)
    }
    change.mutate({ currentPassword: current, newPassword: wished }, { onSuccess: done })
  }

  return (
    <Paper component="section" withBorder p="md" aria-label="Password">
      <form onSubmit={submit} noValidate>
        <Stack>
          <Stack gap={2}>
            <Title order={2}>Password</Title>
            <Text size="sm" c="dimmed">
              A new password signs all other browsers out. Tokens and machines stay.
            </Text>
          </Stack>
          {change.error !== null && <ProblemAlert error={change.error} />}
          <PasswordInput
            label="Present password"
            autoComplete="current-password"
            value={current}
            error={isChecked ? problems.current : undefined}
            onChange={(event) => setCurrent(event.currentTarget.value)}
            visibilityToggleButtonProps={SHOW}
          />
          <PasswordInput
            label="New password"
            description="At least 10 characters. A few unrelated words are good and easy to remember."
            autoComplete="new-password"
            value={wished}
            error={isChecked ? problems.wished : undefined}
            onChange={(event) => setWished(event.currentTarget.value)}
            visibilityToggleButtonProps={SHOW}
          />
          <Group justify="flex-end">
            <Text size="sm" role="status" flex={1}>
              {change.isSuccess && 'The password is changed; other browsers are signed out.'}
            </Text>
            <Button type="submit" loading={change.isPending}>
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  )
}

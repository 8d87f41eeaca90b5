import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { ProblemAlert } from '../shell/problem-alert.tsx'
import { loginProblem, passwordProblem } from './credentials.ts'

interface CredentialsFormProps {
  readonly action: string
  readonly isNew: boolean
  readonly isPending: boolean
  readonly error: unknown
  readonly onSubmit: (credentials: { login: string; password: string }) => void
}

/** Name and password; a new account's are checked here first, so that the person learns it beside the field. */
export function CredentialsForm({ action, isNew, isPending, error, onSubmit }: CredentialsFormProps) {
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [isChecked, setChecked] = useState(false)
  const name = login.trim().toLowerCase()
  const problems = isNew
    ? { login: loginProblem(name), password: passwordProblem(password) }
    : {
        login: name === '' ? 'Enter your name.' : undefined,
        password: password === '' ? 'Enter your password.' : undefined,
      }

  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (problems.login === undefined && problems.password === undefined) onSubmit({ login: name, password })
  }

  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {error !== null && error !== undefined && <ProblemAlert error={error} />}
        <TextInput
          label="Name"
          description={isNew ? 'Small letters, digits, dot, dash, underscore; begins with a letter.' : undefined}
          name="login"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          value={login}
          error={isChecked ? problems.login : undefined}
          onChange={(event) => setLogin(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          description={
            isNew ? 'At least 10 characters. A few unrelated words are good and easy to remember.' : undefined
          }
          name="password"
          autoComplete={isNew ? 'new-password' : 'current-password'}
          value={password}
          error={isChecked ? problems.password : undefined}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        />
        <Button type="submit" loading={isPending} fullWidth>
          {action}
        </Button>
      </Stack>
    </form>
  )
}

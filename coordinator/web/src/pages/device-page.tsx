import { Alert, Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core'
import { IconCheck, IconShieldExclamation } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useApproveDevice } from '../api/account-mutations.ts'
import { PIN_FIELD_PROPS } from '../pairing/pin-field-props.ts'
import { formatPinInput, isWholePin } from '../pairing/pin-input.ts'
import { Page } from '../shell/page.tsx'
import { ProblemAlert } from '../shell/problem-alert.tsx'

/** `/device`: lets the command line in. The code of a link is filled in, but a person has to approve it. */
export function DevicePage() {
  const { code: linked } = useSearch({ from: '/signed-in/device' })
  const [code, setCode] = useState(() => formatPinInput(linked ?? ''))
  const approve = useApproveDevice()
  const navigate = useNavigate()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isWholePin(code)) approve.mutate(code)
  }
  if (approve.isSuccess) {
    return (
      <Page title="Command line signed in" width={560}>
        <Alert color="teal" icon={<IconCheck />} title="Done">
          The command line is signed in to your account. You can close this page. Its token is listed in your settings,
          where you can revoke it.
        </Alert>
        <Group>
          <Button variant="default" onClick={() => void navigate({ to: '/settings' })}>
            Settings
          </Button>
        </Group>
      </Page>
    )
  }
  return (
    <Page title="Sign in a command line" lead="Compare the code with the one in your terminal." width={560} hasOwnFocus>
      <Paper withBorder p="lg">
        <form onSubmit={submit}>
          <Stack>
            {approve.error !== null && <ProblemAlert error={approve.error} />}
            <TextInput
              {...PIN_FIELD_PROPS}
              label="Code"
              value={code}
              onChange={(event) => setCode(formatPinInput(event.currentTarget.value))}
              autoFocus
            />
            <Alert color="yellow" variant="light" icon={<IconShieldExclamation />} title="Did you start this yourself?">
              <Text size="sm">
                Approve only when <b>you</b> just typed <code>muster login</code> and your terminal shows this very
                code. Whoever holds the terminal gets into your account. If somebody sent you the code or a link, leave
                this page.
              </Text>
            </Alert>
            <Group justify="flex-end">
              <Button variant="default" onClick={() => void navigate({ to: '/' })}>
                Cancel
              </Button>
              <Button type="submit" loading={approve.isPending} disabled={!isWholePin(code)}>
                Approve
              </Button>
            </Group>
          </Stack>
        </form>
      </Paper>
    </Page>
  )
}

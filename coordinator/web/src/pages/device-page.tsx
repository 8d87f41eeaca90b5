import { Alert, Button, Group, Paper, Stack, TextInput } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { DeviceRequest } from '../devices/device-request.tsx'
import { PIN_FIELD_PROPS } from '../pairing/pin-field-props.ts'
import { formatPinInput, isWholePin } from '../pairing/pin-input.ts'
import { Page } from '../shell/page.tsx'

/** `/device`: lets a command line in. A link may fill in its code, but a person has to approve it. */
export function DevicePage() {
  const { code: linked } = useSearch({ from: '/signed-in/device' })
  const [code, setCode] = useState(() => formatPinInput(linked ?? ''))
  const [isApproved, setApproved] = useState(false)
  const navigate = useNavigate()
  if (isApproved) {
    return (
      <Page title="Command line signed in" width={560}>
        <Alert color="teal" variant="light" icon={<IconCheck />} title="Done" role="status">
          The command line is signed in to your account. You can close this page. Its token is in your settings, where
          you can revoke it.
        </Alert>
        <Group>
          <Button variant="default" renderRoot={(props) => <Link to="/settings" {...props} />}>
            Settings
          </Button>
        </Group>
      </Page>
    )
  }
  return (
    <Page title="Sign in a command line" lead="Compare the code with the one in your terminal." width={560} hasOwnFocus>
      <Paper withBorder p={{ base: 'md', sm: 'xl' }}>
        <Stack>
          <TextInput
            {...PIN_FIELD_PROPS}
            label="Code"
            description="The eight letters that “muster login” shows."
            value={code}
            onChange={(event) => setCode(formatPinInput(event.currentTarget.value))}
            autoFocus
          />
          {isWholePin(code) && (
            <DeviceRequest
              key={code}
              code={code}
              onApproved={() => setApproved(true)}
              onCancel={() => void navigate({ to: '/' })}
            />
          )}
        </Stack>
      </Paper>
    </Page>
  )
}

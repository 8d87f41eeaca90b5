import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconShieldExclamation } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useApproveDevice } from '../api/account-mutations.ts'
import { pendingDeviceQuery } from '../api/queries.ts'
import { FactList } from '../shell/fact-list.tsx'
import { ProblemAlert } from '../shell/problem-alert.tsx'
import { QueryView } from '../shell/query-view.tsx'

interface DeviceRequestProps {
  readonly code: string
  readonly onApproved: () => void
  readonly onCancel: () => void
}

/** Who asks to be let in with a code, and the button that lets them. */
export function DeviceRequest({ code, onApproved, onCancel }: DeviceRequestProps) {
  const pending = useQuery(pendingDeviceQuery(code))
  const approve = useApproveDevice()
  return (
    <QueryView query={pending} what="request">
      {(device) => (
        <Stack>
          <FactList
            facts={[
              { label: 'Program', value: <b>{device.clientName}</b> },
              { label: 'Asked from', value: device.requestedFrom },
              { label: 'Code expires', value: new Date(device.expiresAt).toLocaleTimeString('en-GB') },
            ]}
          />
          <Alert color="yellow" variant="light" icon={<IconShieldExclamation />} title="Did you start this yourself?">
            <Text size="sm">
              Approve only when <b>you</b> just typed <code>muster login</code> and your terminal shows this very code.
              Whoever holds the terminal gets into your account. If somebody sent you the code or a link, cancel.
            </Text>
          </Alert>
          {approve.error !== null && <ProblemAlert error={approve.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
            <Button loading={approve.isPending} onClick={() => approve.mutate(code, { onSuccess: onApproved })}>
              Approve
            </Button>
          </Group>
        </Stack>
      )}
    </QueryView>
  )
}

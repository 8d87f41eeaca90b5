import { Alert } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import type { ConnectionState } from '../api/live-updates.ts'

/** Says that what the page shows may be old, while the stream of events is broken. */
export function ConnectionNote({ state }: { readonly state: ConnectionState }) {
  if (state !== 'lost') return null
  return (
    <Alert color="yellow" variant="light" icon={<IconPlugConnectedX />} title="Connection lost" mb="md" role="status">
      What you see may be out of date. The page keeps trying to reach the coordinator.
    </Alert>
  )
}

import type { Machine } from '@muster/contexts/wire/machines.ts'
import { AgeText } from '../shell/age-text.tsx'
import { FactList } from '../shell/fact-list.tsx'
import { MachineContext } from './machine-context.tsx'

/** What is known of a paired machine. */
export function MachineFactsList({ machine }: { readonly machine: Machine }) {
  const { status } = machine
  return (
    <FactList
      facts={[
        { label: 'Host name', value: status.hostname },
        { label: 'Addresses', value: status.addresses.join(', ') },
        { label: 'Context', value: <MachineContext context={status.context} /> },
        { label: 'Last seen', value: <AgeText at={machine.lastSeenAt} /> },
        { label: 'Paired', value: <AgeText at={machine.pairedAt} /> },
        { label: 'Agent', value: `version ${status.agentVersion}` },
      ]}
    />
  )
}

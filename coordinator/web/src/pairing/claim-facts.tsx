import type { Claim } from '@muster/contexts/wire/pairings.ts'
import { AgeText } from '../shell/age-text.tsx'
import { FactList } from '../shell/fact-list.tsx'

/** What the machine says of itself, and from where the coordinator saw it. */
export function ClaimFacts({ claim }: { readonly claim: Claim }) {
  const { facts } = claim
  return (
    <FactList
      facts={[
        { label: 'Host name', value: <b>{facts.hostname}</b> },
        { label: 'System', value: facts.os },
        { label: 'Addresses', value: facts.addresses.join(', ') },
        { label: 'Seen from', value: claim.seenFrom },
        { label: 'Size', value: describeMachineSize(facts.cpus, facts.memoryMiB, facts.architecture) },
        { label: 'Booted', value: <AgeText at={facts.bootedAt} /> },
        { label: 'Image', value: facts.image },
        { label: 'MAC address', value: facts.mac },
        { label: 'Machine id', value: facts.machineUuid },
      ]}
    />
  )
}

function describeMachineSize(cpus: number, memoryMiB: number, architecture: string): string {
  const memory = memoryMiB >= 1024 ? `${(memoryMiB / 1024).toFixed(1).replace(/\.0$/, '')} GiB` : `${memoryMiB} MiB`
  return `${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}, ${memory}, ${architecture}`
}

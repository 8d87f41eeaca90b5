import { Button, TextInput } from '@mantine/core'
import { IconPlugConnected, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { machinesQuery } from '../api/queries.ts'
import { BootSection } from '../bootstrap/boot-section.tsx'
import { MachineTable } from '../machines/machine-table.tsx'
import { matchesMachine } from '../machines/match-machine.ts'
import { NoMachines } from '../machines/no-machines.tsx'
import { NoMatch } from '../shell/no-match.tsx'
import { Page } from '../shell/page.tsx'
import { QueryView } from '../shell/query-view.tsx'

/** `/machines` */
export function MachinesPage() {
  const machines = useQuery(machinesQuery)
  const [search, setSearch] = useState('')
  return (
    <Page
      title="Machines"
      lead="What each paired machine last told about itself."
      actions={
        <Button leftSection={<IconPlugConnected size={18} />} renderRoot={(props) => <Link to="/pair" {...props} />}>
          Pair a machine
        </Button>
      }
    >
      <QueryView query={machines} what="machines">
        {(all) => {
          if (all.length === 0) return <NoMachines />
          const shown = all.filter((machine) => matchesMachine(machine, search))
          return (
            <>
              <TextInput
                type="search"
                aria-label="Search machines"
                placeholder="Search by name, address or context"
                leftSection={<IconSearch size={16} />}
                maw={420}
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
              />
              {shown.length === 0 ? <NoMatch search={search} /> : <MachineTable machines={shown} />}
            </>
          )
        }}
      </QueryView>
      <BootSection />
    </Page>
  )
}

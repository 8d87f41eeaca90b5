import { Button } from '@mantine/core'
import { IconPlugConnected, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { contextsQuery, machinesQuery } from '../api/queries.ts'
import { ContextTable } from '../contexts/context-table.tsx'
import { DashboardSection } from '../dashboard/dashboard-section.tsx'
import { NextSteps } from '../dashboard/next-steps.tsx'
import { MachineTable } from '../machines/machine-table.tsx'
import { Page } from '../shell/page.tsx'
import { QueryView } from '../shell/query-view.tsx'

/** Rows that each card of the dashboard shows. */
const SHOWN = 5

/** `/` */
export function DashboardPage() {
  const contexts = useQuery(contextsQuery)
  const machines = useQuery(machinesQuery)
  const isNew = contexts.data?.length === 0 || machines.data?.length === 0
  return (
    <Page
      title="Dashboard"
      lead={isNew ? 'Three steps from a fresh machine to the one you need.' : undefined}
      actions={
        !isNew && (
          <>
            <Button
              variant="default"
              leftSection={<IconPlus size={18} />}
              renderRoot={(props) => <Link to="/contexts/new" {...props} />}
            >
              New context
            </Button>
            <Button
              leftSection={<IconPlugConnected size={18} />}
              renderRoot={(props) => <Link to="/pair" {...props} />}
            >
              Pair a machine
            </Button>
          </>
        )
      }
    >
      {isNew && (
        <NextSteps hasContexts={(contexts.data?.length ?? 0) > 0} hasMachines={(machines.data?.length ?? 0) > 0} />
      )}
      <QueryView query={machines} what="machines">
        {(all) =>
          all.length > 0 && (
            <DashboardSection title="Machines" to="/machines">
              <MachineTable machines={all.slice(0, SHOWN)} />
            </DashboardSection>
          )
        }
      </QueryView>
      <QueryView query={contexts} what="contexts">
        {(all) =>
          all.length > 0 && (
            <DashboardSection title="Contexts" to="/contexts">
              <ContextTable contexts={all.slice(0, SHOWN)} />
            </DashboardSection>
          )
        }
      </QueryView>
    </Page>
  )
}

import { Paper, SimpleGrid, Stack, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { machineQuery } from '../api/queries.ts'
import { ForgetMachine } from '../machines/forget-machine.tsx'
import { LastApply } from '../machines/last-apply.tsx'
import { MachineFactsList } from '../machines/machine-facts-list.tsx'
import { MachineStateBadge } from '../machines/machine-state.tsx'
import { RenameMachine } from '../machines/rename-machine.tsx'
import { Page } from '../shell/page.tsx'
import { QueryView } from '../shell/query-view.tsx'

/** `/machines/$id` */
export function MachinePage() {
  const { id } = useParams({ from: '/signed-in/machines/$id' })
  const machine = useQuery(machineQuery(id))
  return (
    <Page
      title={machine.data?.value.name ?? 'Machine'}
      lead={machine.data !== undefined && <MachineStateBadge machine={machine.data.value} />}
      actions={
        machine.data !== undefined && (
          <>
            <RenameMachine machine={machine.data.value} etag={machine.data.etag} />
            <ForgetMachine machine={machine.data.value} />
          </>
        )
      }
    >
      <QueryView query={machine} what="machine">
        {({ value }) => (
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Paper component="section" withBorder p="md">
              <Stack gap="sm">
                <Title order={2}>About</Title>
                <MachineFactsList machine={value} />
              </Stack>
            </Paper>
            <Paper component="section" withBorder p="md">
              <Stack gap="sm">
                <Title order={2}>Last apply</Title>
                <LastApply summary={value.status.lastApply} />
              </Stack>
            </Paper>
          </SimpleGrid>
        )}
      </QueryView>
    </Page>
  )
}

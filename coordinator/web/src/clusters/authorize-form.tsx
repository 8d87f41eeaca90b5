import { Button, Group, NativeSelect, NumberInput, SimpleGrid, Stack, Text } from '@mantine/core'
import type { ClusterDefinition, NewClusterMachine } from '@muster/contexts/wire/clusters.ts'
import { type FormEvent, useState } from 'react'
import { ProblemAlert } from '../shell/problem-alert.tsx'

interface AuthorizeFormProps {
  readonly definition: ClusterDefinition
  readonly isPending: boolean
  readonly error: Error | null
  readonly onSubmit: (wish: NewClusterMachine) => void
  readonly onCancel: () => void
}

/** Asks for the place where a machine shall stand. */
export function AuthorizeForm({ definition, isPending, error, onSubmit, onCancel }: AuthorizeFormProps) {
  const services = definition.services.map(({ name }) => name)
  const clouds = definition.clouds.map(({ name }) => name)
  const [service, setService] = useState(services[0] ?? '')
  const [cloud, setCloud] = useState(clouds[0] ?? '')
  const [slot, setSlot] = useState<number | string>('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit({ service, cloud, ...(typeof slot === 'number' ? { slot } : {}) })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">
          The machine gets a token that can be used once. Whoever uses it first becomes this member, so treat it like a
          password.
        </Text>
        {error !== null && <ProblemAlert error={error} />}
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NativeSelect
            label="Service"
            data={services}
            value={service}
            onChange={(event) => setService(event.currentTarget.value)}
            data-autofocus
          />
          <NativeSelect
            label="Cloud"
            data={clouds}
            value={cloud}
            onChange={(event) => setCloud(event.currentTarget.value)}
          />
        </SimpleGrid>
        <NumberInput
          label="Slot"
          description="Empty: the lowest free one. A taken slot is filled anew: its machine is cut off when the new one joins."
          value={slot}
          onChange={setSlot}
          min={0}
          max={99_999}
          allowDecimal={false}
          allowNegative={false}
          hideControls
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={isPending}>
            Make a token
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { Machine } from '@muster/contexts/wire/machines.ts'
import { IconPencil } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { useRenameMachine } from '../api/machine-mutations.ts'
import { nameProblem } from '../contexts/name-problem.ts'
import { Dialog } from '../shell/dialog.tsx'
import { ProblemAlert } from '../shell/problem-alert.tsx'

/** Button and dialog that give a machine another name. */
export function RenameMachine({ machine, etag }: { readonly machine: Machine; readonly etag: string }) {
  const [isOpen, dialog] = useDisclosure(false)
  const [name, setName] = useState(machine.name)
  const rename = useRenameMachine()
  const problem = nameProblem(name)
  const open = () => {
    setName(machine.name)
    rename.reset()
    dialog.open()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (problem === undefined) rename.mutate({ id: machine.id, etag, name: name.trim() }, { onSuccess: dialog.close })
  }
  return (
    <>
      <Button variant="default" leftSection={<IconPencil size={16} />} onClick={open}>
        Rename
      </Button>
      <Dialog isOpen={isOpen} onClose={dialog.close} title="Rename this machine">
        <form onSubmit={submit}>
          <Stack>
            {rename.error !== null && <ProblemAlert error={rename.error} />}
            <TextInput
              label="Name"
              value={name}
              error={problem}
              onChange={(event) => setName(event.currentTarget.value)}
              data-autofocus
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={dialog.close}>
                Cancel
              </Button>
              <Button type="submit" loading={rename.isPending} disabled={problem !== undefined}>
                Rename
              </Button>
            </Group>
          </Stack>
        </form>
      </Dialog>
    </>
  )
}

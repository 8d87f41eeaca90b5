import { Button, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { Machine } from '@muster/contexts/wire/machines.ts'
import { IconTrash } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useForgetMachine } from '../api/machine-mutations.ts'
import { Dialog } from '../shell/dialog.tsx'
import { TypedConfirmation } from '../shell/typed-confirmation.tsx'

/** Button and dialog that end the pairing of a machine. */
export function ForgetMachine({ machine }: { readonly machine: Machine }) {
  const [isOpen, dialog] = useDisclosure(false)
  const navigate = useNavigate()
  const forget = useForgetMachine()
  return (
    <>
      <Button variant="light" color="red" leftSection={<IconTrash size={16} />} onClick={dialog.open}>
        Forget
      </Button>
      <Dialog isOpen={isOpen} onClose={dialog.close} title="Forget this machine?">
        <TypedConfirmation
          name={machine.name}
          action="Forget this machine"
          isPending={forget.isPending}
          error={forget.error}
          onCancel={dialog.close}
          onConfirm={() => forget.mutate(machine.id, { onSuccess: () => void navigate({ to: '/machines' }) })}
        >
          <Text size="sm">
            The machine stays as it is, but its reports are refused from now on and it leaves this list. To have it
            back, pair it anew from its console.
          </Text>
        </TypedConfirmation>
      </Dialog>
    </>
  )
}

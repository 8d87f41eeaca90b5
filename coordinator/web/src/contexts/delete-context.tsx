import { Button, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { Context } from '@muster/contexts/wire/contexts.ts'
import { IconTrash } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useDeleteContext } from '../api/context-mutations.ts'
import { Dialog } from '../shell/dialog.tsx'
import { TypedConfirmation } from '../shell/typed-confirmation.tsx'

interface DeleteContextProps {
  readonly context: Context
  readonly etag: string
  /** Machines that have one of its versions. */
  readonly machineCount: number
}

/** Button and dialog that delete a context that no machine uses. */
export function DeleteContext({ context, etag, machineCount }: DeleteContextProps) {
  const [isOpen, dialog] = useDisclosure(false)
  const navigate = useNavigate()
  const remove = useDeleteContext(context.id)
  return (
    <Stack gap="xs" align="flex-start">
      <Text size="sm">
        {machineCount === 0
          ? 'Deletes the context with all its versions. This cannot be undone.'
          : `It cannot be deleted while machines use it (${machineCount}). Give them another context or forget them first.`}
      </Text>
      <Button
        color="red"
        variant="light"
        leftSection={<IconTrash size={16} />}
        disabled={machineCount > 0}
        onClick={dialog.open}
      >
        Delete this context
      </Button>
      <Dialog isOpen={isOpen} onClose={dialog.close} title="Delete this context?">
        <TypedConfirmation
          name={context.name}
          action="Delete for good"
          isPending={remove.isPending}
          error={remove.error}
          onCancel={dialog.close}
          onConfirm={() => remove.mutate(etag, { onSuccess: () => void navigate({ to: '/contexts' }) })}
        >
          <Text size="sm">
            All versions and notes are lost. Machines that were set up with it before stay as they are.
          </Text>
        </TypedConfirmation>
      </Dialog>
    </Stack>
  )
}

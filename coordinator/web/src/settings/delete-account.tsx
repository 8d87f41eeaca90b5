import { Button, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { useDeleteAccount } from '../api/use-sign-out.ts'
import { Dialog } from '../shell/dialog.tsx'
import { TypedConfirmation } from '../shell/typed-confirmation.tsx'

/** Section and dialog that delete the account. */
export function DeleteAccount({ login }: { readonly login: string }) {
  const [isOpen, dialog] = useDisclosure(false)
  const [password, setPassword] = useState('')
  const remove = useDeleteAccount()
  const open = () => {
    setPassword('')
    remove.reset()
    dialog.open()
  }
  return (
    <Paper component="section" withBorder p="md" aria-label="Delete the account">
      <Stack align="flex-start">
        <Stack gap={2}>
          <Title order={2}>Delete the account</Title>
          <Text size="sm" c="dimmed">
            Deletes your contexts with all versions, your tokens and the list of your machines. This cannot be undone.
          </Text>
        </Stack>
        <Button color="red" variant="light" leftSection={<IconTrash size={16} />} onClick={open}>
          Delete my account
        </Button>
      </Stack>
      <Dialog isOpen={isOpen} onClose={dialog.close} title="Delete your account?">
        <TypedConfirmation
          name={login}
          action="Delete my account for good"
          isPending={remove.isPending}
          isIncomplete={password === ''}
          error={remove.error}
          onCancel={dialog.close}
          onConfirm={() => remove.mutate(password)}
        >
          <Text size="sm">
            Machines stay as they are, but their reports are refused from now on. Nobody can bring back the contexts,
            not even the operator.
          </Text>
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
          />
        </TypedConfirmation>
      </Dialog>
    </Paper>
  )
}

import { Alert, Button, Group, PasswordInput, Stack, Text } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ProblemAlert } from '../shell/problem-alert.tsx'
import { rememberOpened } from './opened-texts.ts'
import { openText } from './sealer.ts'

interface UnsealFormProps {
  readonly sealed: string
  readonly digest: string
  readonly version: number
}

/** Notice of a sealed version, with the field that opens it in this browser. */
export function UnsealForm({ sealed, digest, version }: UnsealFormProps) {
  const [passphrase, setPassphrase] = useState('')
  const opening = useMutation({
    mutationFn: () => openText(sealed, passphrase),
    onSuccess: (text) => rememberOpened(digest, text),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (passphrase !== '') opening.mutate()
  }
  return (
    <Alert color="violet" variant="light" icon={<IconLock />} title={`Version ${version} is sealed`}>
      <form onSubmit={submit}>
        <Stack gap="sm" maw={460}>
          <Text size="sm">
            The coordinator keeps only locked text. Your passphrase opens it here, in this browser, until you leave the
            page; it is not sent.
          </Text>
          {opening.error !== null && <ProblemAlert error={opening.error} />}
          <PasswordInput
            label="Passphrase"
            name="open-passphrase"
            autoComplete="off"
            value={passphrase}
            onChange={(event) => setPassphrase(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': 'Show the passphrase' }}
          />
          <Group>
            <Button type="submit" loading={opening.isPending} disabled={passphrase === ''}>
              Open
            </Button>
          </Group>
        </Stack>
      </form>
    </Alert>
  )
}

import { Button, Group, List, PasswordInput, Progress, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Dialog } from '../shell/dialog.tsx'
import { ProblemAlert } from '../shell/problem-alert.tsx'
import { estimateStrength } from './passphrase-strength.ts'
import { sealText } from './sealer.ts'

interface SealDialogProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly text: string
  /** Number that the sealed version will get. */
  readonly version: number
  /** Earlier versions that the coordinator can read. */
  readonly plainVersions: readonly number[]
  /** Stores the sealed text; the dialog shows its error. */
  readonly onSealed: (sealed: string) => Promise<unknown>
}

const COLORS = ['red', 'orange', 'yellow', 'teal'] as const

/** Asks for a passphrase twice, seals in a worker and hands the sealed text on. */
export function SealDialog(props: SealDialogProps) {
  return (
    <Dialog isOpen={props.isOpen} onClose={props.onClose} title={`Seal as version ${props.version}`}>
      <SealForm {...props} />
    </Dialog>
  )
}

function SealForm({ text, version, plainVersions, onSealed, onClose }: SealDialogProps) {
  const [passphrase, setPassphrase] = useState('')
  const [repeated, setRepeated] = useState('')
  const [isChecked, setChecked] = useState(false)
  const sealing = useMutation({
    mutationFn: async () => onSealed(await sealText(text, passphrase)),
    onSuccess: onClose,
  })
  const strength = estimateStrength(passphrase)
  const isSame = passphrase === repeated
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (strength.level > 0 && isSame) sealing.mutate()
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <ServerKnowledge plainVersions={plainVersions} />
        {sealing.error !== null && <ProblemAlert error={sealing.error} />}
        <PasswordInput
          label="Passphrase"
          name="seal-passphrase"
          autoComplete="new-password"
          value={passphrase}
          error={isChecked && strength.level === 0 ? strength.words : undefined}
          onChange={(event) => setPassphrase(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the passphrase' }}
          data-autofocus
        />
        {passphrase !== '' && (
          <Stack gap={4} aria-live="polite">
            <Progress value={strength.level * 33 + 1} color={COLORS[strength.level]} size="sm" aria-label="Strength" />
            <Text size="sm">{strength.words}</Text>
          </Stack>
        )}
        <PasswordInput
          label="Passphrase again"
          name="seal-passphrase-again"
          autoComplete="new-password"
          value={repeated}
          error={isChecked && !isSame ? 'The two are not the same.' : undefined}
          onChange={(event) => setRepeated(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the repeated passphrase' }}
        />
        <Text size="sm" fw={600}>
          Nobody can recover a lost passphrase.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={sealing.isPending}>
            Seal and save version {version}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function ServerKnowledge({ plainVersions }: { readonly plainVersions: readonly number[] }) {
  return (
    <Stack gap={6}>
      <Text size="sm">
        The text is locked in this browser before it is sent. To use it, you give the passphrase here or on the command
        line; a machine gets the text over a channel that the coordinator cannot read.
      </Text>
      <List size="sm" spacing={4}>
        <List.Item>
          The coordinator <b>can</b> see: name, description, note, size and time of the version, and which machines use
          it.
        </List.Item>
        <List.Item>
          It <b>cannot</b> see: the text, the passphrase, any password in the text.
        </List.Item>
        {plainVersions.length > 0 && (
          <List.Item>
            {plainVersions.length === 1 ? 'Version' : 'Versions'} {plainVersions.join(', ')} stay as they are:{' '}
            <b>readable</b> for the coordinator. Change passwords that are in them.
          </List.Item>
        )}
      </List>
    </Stack>
  )
}

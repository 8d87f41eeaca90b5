import { Button, Checkbox, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import type { Scope } from '@muster/contexts/wire/accounts.ts'
import { type FormEvent, useState } from 'react'
import { useCreateToken } from '../api/account-mutations.ts'
import { ProblemAlert } from '../shell/problem-alert.tsx'
import { IssuedTokenNote } from './issued-token-note.tsx'
import { SCOPE_WORDS } from './scope-words.ts'

const LIVES = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '366', label: 'a year' },
]

/** Makes a token, then shows it this once. */
export function NewTokenForm({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<string[]>(['contexts:read'])
  const [days, setDays] = useState('90')
  const create = useCreateToken()
  if (create.data !== undefined) return <IssuedTokenNote token={create.data.token} onClose={onClose} />

  const allowed = (Object.keys(SCOPE_WORDS) as Scope[]).filter((scope) => scopes.includes(scope))
  const isReady = name.trim() !== '' && allowed.length > 0
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isReady) create.mutate({ name: name.trim(), scopes: allowed, expiresInDays: Number(days) })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        {create.error !== null && <ProblemAlert error={create.error} />}
        <TextInput
          label="Name"
          description="What it is for, so that you know it again."
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <Checkbox.Group label="May" value={scopes} onChange={setScopes}>
          <Stack gap="xs" mt={6}>
            {Object.entries(SCOPE_WORDS).map(([scope, words]) => (
              <Checkbox key={scope} value={scope} label={words} description={scope} />
            ))}
          </Stack>
        </Checkbox.Group>
        <NativeSelect
          label="Expires after"
          data={LIVES}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={!isReady}>
            Create token
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

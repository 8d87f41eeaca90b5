import { Button, Group, Stack, Textarea, TextInput } from '@mantine/core'
import type { Context } from '@muster/contexts/wire/contexts.ts'
import { type FormEvent, useState } from 'react'
import { useChangeContext } from '../api/context-mutations.ts'
import { ProblemAlert } from '../shell/problem-alert.tsx'
import { nameProblem } from './name-problem.ts'

/** Name and description, to change. */
export function ContextDetails({ context, etag }: { readonly context: Context; readonly etag: string }) {
  const [name, setName] = useState(context.name)
  const [description, setDescription] = useState(context.description)
  const change = useChangeContext(context.id)
  const problem = nameProblem(name)
  const isSame = name.trim() === context.name && description.trim() === context.description
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const wish = { name: name.trim(), description: description.trim() }
    if (problem === undefined) change.mutate({ change: wish, etag })
  }
  return (
    <form onSubmit={submit}>
      <Stack maw={560}>
        {change.error !== null && <ProblemAlert error={change.error} />}
        <TextInput label="Name" value={name} error={problem} onChange={(event) => setName(event.currentTarget.value)} />
        <Textarea
          label="Description"
          value={description}
          maxLength={2000}
          autosize
          minRows={2}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <Group>
          <Button type="submit" loading={change.isPending} disabled={isSame || problem !== undefined}>
            Save details
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

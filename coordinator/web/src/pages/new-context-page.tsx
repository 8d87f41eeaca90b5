import { Alert, Button, Group, Paper, SimpleGrid, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useCreateContext } from '../api/context-mutations.ts'
import { LeaveGuard } from '../contexts/leave-guard.tsx'
import { nameProblem } from '../contexts/name-problem.ts'
import { StartFrom } from '../contexts/start-from.tsx'
import { ContextWorkspace } from '../editor/context-workspace.tsx'
import { SealDialog } from '../sealing/seal-dialog.tsx'
import { Page } from '../shell/page.tsx'
import { ProblemAlert } from '../shell/problem-alert.tsx'

/** `/contexts/new` */
export function NewContextPage() {
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [text, setText] = useState('')
  const [isChecked, setChecked] = useState(false)
  const [isSealing, setSealing] = useState(false)
  const create = useCreateContext()
  const navigate = useNavigate()
  const problem = nameProblem(name)
  const isSaved = create.isSuccess
  const wish = { name: name.trim(), description: description.trim(), note: '' }

  const save = async (body: string, format: 'plain' | 'age') => {
    const created = await create.mutateAsync({ ...wish, body, format })
    await navigate({ to: '/contexts/$id', params: { id: created.value.id }, search: {}, ignoreBlocker: true })
  }
  const whenReady = (action: () => void) => () => {
    setChecked(true)
    if (problem === undefined && text.trim() !== '') action()
  }

  return (
    <Page
      title="New context"
      lead="Say what a machine shall be. Problems show while you type; nothing is applied before you pair a machine."
      width={1500}
      hasOwnFocus
    >
      <LeaveGuard isDirty={!isSaved && (text !== '' || name !== '')} />
      <Paper withBorder p="md">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={isChecked ? problem : undefined}
            autoFocus
            autoComplete="off"
          />
          <TextInput
            label="Description"
            placeholder="Optional"
            value={description}
            maxLength={2000}
            onChange={(event) => setDescription(event.currentTarget.value)}
            autoComplete="off"
          />
        </SimpleGrid>
      </Paper>
      {text === '' && <StartFrom onChoose={(example) => setText(example)} />}
      <ContextWorkspace text={text} onChange={setText} />
      {create.error !== null && !isSealing && <ProblemAlert error={create.error} />}
      {isChecked && text.trim() === '' && (
        <Alert color="red" variant="light" role="alert">
          The text is empty: write or paste a context first.
        </Alert>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={whenReady(() => setSealing(true))}>
          Seal and save…
        </Button>
        <Button loading={create.isPending} onClick={whenReady(() => void save(text, 'plain').catch(() => undefined))}>
          Save version 1
        </Button>
      </Group>
      <SealDialog
        isOpen={isSealing}
        onClose={() => setSealing(false)}
        text={text}
        version={1}
        plainVersions={[]}
        onSealed={(sealed) => save(sealed, 'age')}
      />
    </Page>
  )
}

import { Alert, Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core'
import { ApiError } from '@muster/contexts/api/api-error.ts'
import type { Tagged } from '@muster/contexts/api/requester.ts'
import type { Context, ContextVersionInfo } from '@muster/contexts/wire/contexts.ts'
import { IconLock } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { usePublishVersion } from '../api/context-mutations.ts'
import { ContextWorkspace } from '../editor/context-workspace.tsx'
import { SealDialog } from '../sealing/seal-dialog.tsx'
import { ProblemAlert } from '../shell/problem-alert.tsx'
import { ConflictScreen } from './conflict-screen.tsx'
import { LeaveGuard } from './leave-guard.tsx'
import { plainVersions } from './plain-versions.ts'

interface EditFormProps {
  readonly tagged: Tagged<Context>
  readonly versions: readonly ContextVersionInfo[]
  /** Text to begin with, opened if it was sealed. */
  readonly text: string
  /** Version that it is, when not the latest. */
  readonly from: number | undefined
}

/**
 * Editing one context. What was loaded first is kept: a version that somebody else saves meanwhile does not replace
 * what is being typed, but shows up as a conflict when saving.
 */
export function EditForm({ tagged, versions, text: loadedText, from }: EditFormProps) {
  const [base, setBase] = useState(tagged)
  const [text, setText] = useState(loadedText)
  const [note, setNote] = useState(from === undefined ? '' : `From version ${from}`)
  const [isSealing, setSealing] = useState(false)
  const [hasConflict, setConflict] = useState(false)
  const { id, latest } = base.value
  const publish = usePublishVersion(id)
  const navigate = useNavigate()
  const wasSealed = latest.format === 'age'
  const isDirty = text !== loadedText && !publish.isSuccess
  const isSame = text === loadedText && from === undefined
  const next = latest.version + 1

  const save = async (body: string, format: 'plain' | 'age') => {
    try {
      await publish.mutateAsync({ version: { body, format, note: note.trim() }, etag: base.etag })
    } catch (error) {
      if (error instanceof ApiError && error.code === 'precondition-failed') {
        setSealing(false)
        setConflict(true)
      }
      throw error
    }
    await navigate({ to: '/contexts/$id', params: { id }, search: {}, ignoreBlocker: true })
  }
  const savePlain = () => void save(text, 'plain').catch(() => undefined)

  if (hasConflict) {
    return (
      <>
        <LeaveGuard isDirty={isDirty} />
        <ConflictScreen
          contextId={id}
          mine={text}
          onResolve={(resolved, current) => {
            setText(resolved)
            setBase(current)
            publish.reset()
            setConflict(false)
          }}
        />
      </>
    )
  }
  return (
    <Stack>
      <LeaveGuard isDirty={isDirty} />
      <ContextWorkspace text={text} onChange={setText} />
      {publish.error !== null && !isSealing && <ProblemAlert error={publish.error} />}
      <Paper withBorder p="md">
        <Group align="flex-end" justify="space-between">
          <TextInput
            label="Note"
            placeholder="What changed, for the history"
            value={note}
            maxLength={500}
            onChange={(event) => setNote(event.currentTarget.value)}
            flex="1 1 280px"
            autoComplete="off"
          />
          <Group gap="xs">
            <Button
              variant={wasSealed ? 'filled' : 'default'}
              leftSection={<IconLock size={16} />}
              onClick={() => setSealing(true)}
            >
              Seal and save…
            </Button>
            <Button
              variant={wasSealed ? 'default' : 'filled'}
              loading={publish.isPending && !isSealing}
              disabled={isSame || text.trim() === ''}
              onClick={savePlain}
            >
              {wasSealed ? `Save version ${next} unsealed` : `Save version ${next}`}
            </Button>
          </Group>
        </Group>
        {wasSealed && (
          <Alert color="yellow" variant="light" mt="sm">
            <Text size="sm">
              The version before is sealed. Saved unsealed, this text becomes readable for the coordinator.
            </Text>
          </Alert>
        )}
      </Paper>
      <SealDialog
        isOpen={isSealing}
        onClose={() => setSealing(false)}
        text={text}
        version={next}
        plainVersions={plainVersions(versions)}
        onSealed={(sealed) => save(sealed, 'age')}
      />
    </Stack>
  )
}

import { Button, FileButton, Group, Text } from '@mantine/core'
import { decodeClusterFile, MAX_DEFINITION_CHARS } from '@muster/contexts/cluster/definition-file.ts'
import { IconUpload } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useCreateCluster } from '../api/cluster-mutations.ts'
import { DefinitionEditor } from '../clusters/definition-editor.tsx'
import { DEFINITION_EXAMPLE } from '../clusters/definition-example.ts'
import { LeaveGuard } from '../contexts/leave-guard.tsx'
import { Page } from '../shell/page.tsx'
import { ProblemAlert } from '../shell/problem-alert.tsx'

/** `/clusters/new` */
export function NewClusterPage() {
  const [text, setText] = useState(DEFINITION_EXAMPLE)
  const [fileProblem, setFileProblem] = useState<string>()
  const { cluster, diagnostics } = useMemo(() => decodeClusterFile(text), [text])
  const create = useCreateCluster()
  const navigate = useNavigate()

  const read = async (file: File) => {
    const isTooLarge = file.size > MAX_DEFINITION_CHARS
    setFileProblem(isTooLarge ? `${file.name} is larger than a definition may be.` : undefined)
    if (!isTooLarge) setText(await file.text())
  }
  const save = async () => {
    if (cluster === undefined) return
    const created = await create.mutateAsync(cluster)
    await navigate({ to: '/clusters/$id', params: { id: created.value.id }, search: {}, ignoreBlocker: true })
  }
  return (
    <Page
      title="New cluster"
      lead="Name its services and the clouds they may stand in. Nothing starts by itself: you let machines join afterwards."
    >
      <LeaveGuard isDirty={!create.isSuccess && text !== DEFINITION_EXAMPLE} />
      <Group gap="xs">
        <Text size="sm">Change this example, or begin with</Text>
        <FileButton onChange={(file) => file !== null && void read(file)}>
          {(props) => (
            <Button {...props} size="xs" variant="default" leftSection={<IconUpload size={14} />}>
              A file…
            </Button>
          )}
        </FileButton>
        {fileProblem !== undefined && (
          <Text c="red" size="sm" role="alert">
            {fileProblem}
          </Text>
        )}
      </Group>
      <DefinitionEditor text={text} onChange={setText} diagnostics={diagnostics} />
      {create.error !== null && <ProblemAlert error={create.error} />}
      <Group justify="flex-end">
        <Button
          loading={create.isPending}
          disabled={cluster === undefined}
          onClick={() => void save().catch(() => undefined)}
        >
          {cluster === undefined ? 'Create cluster' : `Create cluster “${cluster.name}”`}
        </Button>
      </Group>
    </Page>
  )
}

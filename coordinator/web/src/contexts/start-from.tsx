import { Button, FileButton, Group, Paper, Text } from '@mantine/core'
import { MAX_CONTEXT_BYTES } from '@muster/contexts/userdata/document.ts'
import { IconUpload } from '@tabler/icons-react'
import { useState } from 'react'
import { EXAMPLES } from './examples.ts'

/** Ways to begin with something: an example, or a file of this computer. */
export function StartFrom({ onChoose }: { readonly onChoose: (text: string) => void }) {
  const [problem, setProblem] = useState<string>()
  const read = async (file: File) => {
    if (file.size > MAX_CONTEXT_BYTES) {
      setProblem(`${file.name} is larger than a context may be (1 MiB).`)
      return
    }
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
      setProblem(undefined)
      onChoose(text)
    } catch {
      setProblem(`${file.name} is not a text in UTF-8.`)
    }
  }
  return (
    <Paper withBorder p="md" component="section" aria-label="Begin with">
      <Group gap="xs">
        <Text size="sm" fw={600}>
          Type or paste below, or begin with:
        </Text>
        {EXAMPLES.map((example) => (
          <Button key={example.title} size="xs" variant="light" onClick={() => onChoose(example.text)}>
            {example.title}
          </Button>
        ))}
        <FileButton onChange={(file) => file !== null && void read(file)}>
          {(props) => (
            <Button {...props} size="xs" variant="default" leftSection={<IconUpload size={14} />}>
              A file…
            </Button>
          )}
        </FileButton>
      </Group>
      {problem !== undefined && (
        <Text c="red" size="sm" mt="xs" role="alert">
          {problem}
        </Text>
      )}
    </Paper>
  )
}

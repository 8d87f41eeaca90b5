import { Paper, Stack, Textarea } from '@mantine/core'
import type { Diagnostic } from '@muster/contexts/userdata/diagnostic.ts'
import { useRef } from 'react'
import { ProblemList } from '../editor/problem-list.tsx'
import { offsetOf } from './text-offset.ts'

interface DefinitionEditorProps {
  readonly text: string
  readonly onChange: (text: string) => void
  readonly diagnostics: readonly Diagnostic[]
}

/** A definition as text, with all its problems; each goes to its place. */
export function DefinitionEditor({ text, onChange, diagnostics }: DefinitionEditorProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const goTo = (line: number, column: number) => {
    const offset = offsetOf(text, line, column)
    field.current?.focus()
    field.current?.setSelectionRange(offset, offset)
  }
  return (
    <Stack gap="sm">
      <Textarea
        ref={field}
        label="Definition"
        description="YAML or JSON"
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
        autosize
        minRows={16}
        maxRows={32}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 'var(--muster-mono-size)' } }}
      />
      <Paper withBorder p="md" component="section" aria-label="Problems of the definition">
        <ProblemList diagnostics={diagnostics} onGoTo={goTo} />
      </Paper>
    </Stack>
  )
}

import { Badge, Box, Grid, Paper, SegmentedControl, Stack, Text, Title } from '@mantine/core'
import { useRef, useState } from 'react'
import { PlanPreview } from '../plan/plan-preview.tsx'
import { SectionForm } from '../section-form/section-form.tsx'
import { summarizeProblems } from './analyze-context.ts'
import { ContextEditor, type EditorHandle } from './context-editor.tsx'
import { EDITOR_PLUGINS } from './plugins.ts'
import { ProblemList } from './problem-list.tsx'
import { useAnalysis } from './use-analysis.ts'

interface ContextWorkspaceProps {
  readonly text: string
  readonly onChange: (text: string) => void
}

/** The editor with everything that helps to write: problems, what the text does, and the same text as a form. */
export function ContextWorkspace({ text, onChange }: ContextWorkspaceProps) {
  const editor = useRef<EditorHandle>(null)
  const [view, setView] = useState('text')
  const { diagnostics, plan } = useAnalysis(text)
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  const goTo = (line: number, column = 1) => {
    setView('text')
    // After the text view is shown again.
    requestAnimationFrame(() => editor.current?.goTo(line, column))
  }
  return (
    <Grid gap="md">
      <Grid.Col span={{ base: 12, lg: 7.5 }}>
        <Stack gap="xs">
          <SegmentedControl
            value={view}
            onChange={setView}
            data={[
              { value: 'text', label: 'Text' },
              { value: 'form', label: 'Form' },
            ]}
            aria-label="View of the context"
            w={200}
          />
          <Box display={view === 'text' ? undefined : 'none'}>
            <ContextEditor
              text={text}
              onChange={onChange}
              diagnostics={diagnostics}
              plugins={EDITOR_PLUGINS}
              handle={editor}
            />
          </Box>
          {view === 'form' && <SectionForm text={text} onChange={onChange} diagnostics={diagnostics} />}
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4.5 }}>
        <Stack gap="md">
          <Paper component="section" withBorder p="md" aria-label="Problems of the text">
            <Title order={2} mb="xs">
              Problems{' '}
              <Badge size="sm" variant="light" tt="none" color={errors > 0 ? 'red' : 'gray'} role="status">
                {summarizeProblems(diagnostics)}
              </Badge>
            </Title>
            <Box mah={260} style={{ overflowY: 'auto' }}>
              <ProblemList diagnostics={diagnostics} onGoTo={goTo} />
            </Box>
          </Paper>
          <Paper component="section" withBorder p="md" aria-label="What this does">
            <Title order={2}>What this does</Title>
            <Text size="sm" c="dimmed" mb="sm">
              Seen for a sample machine. The real one shows its own plan before anything changes.
            </Text>
            <Box mah={520} style={{ overflowY: 'auto' }}>
              <PlanPreview plan={plan} onLine={goTo} />
            </Box>
          </Paper>
        </Stack>
      </Grid.Col>
    </Grid>
  )
}

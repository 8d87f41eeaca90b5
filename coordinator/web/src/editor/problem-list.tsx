import { Group, Stack, Text, UnstyledButton } from '@mantine/core'
import type { Diagnostic, Severity } from '@muster/contexts/userdata/diagnostic.ts'
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconInfoCircle } from '@tabler/icons-react'

interface ProblemListProps {
  readonly diagnostics: readonly Diagnostic[]
  readonly onGoTo: (line: number, column: number) => void
}

/** Longer lists help nobody and slow the page down. */
const MAX_SHOWN = 200

const LOOKS: Readonly<Record<Severity, { icon: typeof IconInfoCircle; color: string; word: string }>> = {
  error: { icon: IconCircleX, color: 'var(--mantine-color-red-text)', word: 'Error' },
  warning: { icon: IconAlertTriangle, color: 'var(--mantine-color-orange-text)', word: 'Warning' },
  info: { icon: IconInfoCircle, color: 'var(--mantine-color-blue-text)', word: 'Note' },
}

/** Problems of the text by line; each goes to its place in the editor. */
export function ProblemList({ diagnostics, onGoTo }: ProblemListProps) {
  if (diagnostics.length === 0) {
    return (
      <Group gap="xs" wrap="nowrap">
        <IconCircleCheck size={18} color="var(--mantine-color-teal-text)" aria-hidden />
        <Text size="sm">No problems found.</Text>
      </Group>
    )
  }
  return (
    <Stack gap={2} component="ul" p={0} m={0} style={{ listStyle: 'none' }} aria-label="Problems">
      {diagnostics.slice(0, MAX_SHOWN).map((diagnostic) => {
        const { icon: Icon, color, word } = LOOKS[diagnostic.severity]
        const { line, column } = diagnostic.span.start
        return (
          <li key={`${diagnostic.code}-${diagnostic.span.start.offset}-${diagnostic.message}`}>
            <UnstyledButton className="problem-row" onClick={() => onGoTo(line, column)}>
              <Group gap="xs" wrap="nowrap" align="flex-start">
                <Icon size={17} color={color} aria-hidden style={{ flexShrink: 0, marginTop: 2 }} />
                <div>
                  <Text size="sm" className="breakable">
                    <Text span fw={600} inherit>
                      {word}, line {line}:
                    </Text>{' '}
                    {diagnostic.message}
                  </Text>
                  {diagnostic.hint !== undefined && (
                    <Text size="sm" c="dimmed" className="breakable">
                      {diagnostic.hint}
                    </Text>
                  )}
                </div>
              </Group>
            </UnstyledButton>
          </li>
        )
      })}
      {diagnostics.length > MAX_SHOWN && (
        <li>
          <Text size="sm" c="dimmed">
            and {diagnostics.length - MAX_SHOWN} more
          </Text>
        </li>
      )}
    </Stack>
  )
}

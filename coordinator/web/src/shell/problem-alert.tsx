import { Alert, Button, List, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { explainError } from '../api/explain-error.ts'

interface ProblemAlertProps {
  readonly error: unknown
  /** Heading when the problem has none better. */
  readonly title?: string
  readonly onRetry?: () => void
}

/** An error in words: what happened, each field's problem, and what to do next. */
export function ProblemAlert({ error, title, onRetry }: ProblemAlertProps) {
  const explained = explainError(error)
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text fw={700} c="red">
          {title ?? explained.title}
        </Text>
        <Text size="sm">{explained.detail}</Text>
        {explained.items.length > 0 && (
          <List size="sm">
            {explained.items.map((item) => (
              <List.Item key={item}>{item}</List.Item>
            ))}
          </List>
        )}
        {explained.hint !== undefined && <Text size="sm">{explained.hint}</Text>}
        {onRetry !== undefined && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  )
}

import { Alert, Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core'

/** The new token, shown this once. */
export function IssuedTokenNote({ token, onClose }: { readonly token: string; readonly onClose: () => void }) {
  return (
    <Stack>
      <Alert color="yellow" variant="light" title="Copy it now">
        This is the only time the token is shown. Keep it like a password.
      </Alert>
      <Code block className="breakable" style={{ whiteSpace: 'pre-wrap' }} aria-label="Token">
        {token}
      </Code>
      <Text size="sm" c="dimmed">
        Use it as <Code>Authorization: Bearer …</Code>
      </Text>
      <Group justify="flex-end">
        <CopyButton value={token}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  )
}

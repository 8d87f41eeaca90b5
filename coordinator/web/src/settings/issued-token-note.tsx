import { Code, Text } from '@mantine/core'
import { ShownOnce } from '../shell/shown-once.tsx'

/** The new token, shown this once. */
export function IssuedTokenNote({ token, onClose }: { readonly token: string; readonly onClose: () => void }) {
  return (
    <ShownOnce secret={token} label="Token" advice="Keep it like a password." onClose={onClose}>
      <Text size="sm" c="dimmed">
        Use it as <Code>Authorization: Bearer …</Code>
      </Text>
    </ShownOnce>
  )
}

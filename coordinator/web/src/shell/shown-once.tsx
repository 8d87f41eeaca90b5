import { Alert, Button, Code, CopyButton, Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'

interface ShownOnceProps {
  /** The secret; it is nowhere else and cannot be asked for again. */
  readonly secret: string
  /** What it is, for people who do not see it. */
  readonly label: string
  /** What it is good for, or how to keep it: goes on after "This is the only time the token is shown." */
  readonly advice: string
  /** Under the secret: what to do with it. */
  readonly children: ReactNode
  /** Beside the button that copies: other ways to take it away. */
  readonly actions?: ReactNode
  readonly onClose: () => void
}

/** A token, or a text with one, that is shown this once and has to be copied now. */
export function ShownOnce({ secret, label, advice, children, actions, onClose }: ShownOnceProps) {
  return (
    <Stack>
      <Alert color="yellow" variant="light" title="Copy it now">
        This is the only time the token is shown. {advice}
      </Alert>
      {/* A long one is scrolled, which the keyboard can do only where the focus can be. */}
      <Code block className="breakable" style={{ whiteSpace: 'pre-wrap' }} aria-label={label} tabIndex={0}>
        {secret}
      </Code>
      {children}
      <Group justify="flex-end">
        {actions}
        <CopyButton value={secret}>
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

import { Anchor, Text } from '@mantine/core'
import type { ContextReference } from '@muster/contexts/wire/machines.ts'
import { Link } from '@tanstack/react-router'

/** Name and version of a machine's context, linked when it is one of the account's. */
export function MachineContext({ context }: { readonly context: ContextReference | undefined }) {
  if (context === undefined)
    return (
      <Text size="sm" c="dimmed">
        none yet
      </Text>
    )
  const { id, name, version } = context
  const text = version === undefined ? name : `${name}, version ${version}`
  if (id === undefined) return <Text size="sm">{text}</Text>
  return (
    <Anchor size="sm" renderRoot={(props) => <Link to="/contexts/$id" params={{ id }} {...props} />}>
      {text}
    </Anchor>
  )
}

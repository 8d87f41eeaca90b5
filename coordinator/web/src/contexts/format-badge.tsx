import { Badge } from '@mantine/core'
import type { ContextFormat } from '@muster/contexts/wire/contexts.ts'
import { IconLock } from '@tabler/icons-react'

/** Marks a sealed version; a plain one has no mark. */
export function FormatBadge({ format }: { readonly format: ContextFormat }) {
  if (format === 'plain') return null
  return (
    <Badge size="sm" color="violet" variant="light" tt="none" leftSection={<IconLock size={11} />}>
      Sealed
    </Badge>
  )
}

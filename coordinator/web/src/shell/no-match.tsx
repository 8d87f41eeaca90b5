import { EmptyState } from '@mantine/core'
import { IconSearchOff } from '@tabler/icons-react'

/** A search that finds nothing. */
export function NoMatch({ search }: { readonly search: string }) {
  return (
    <EmptyState
      icon={<IconSearchOff />}
      title="Nothing found"
      description={`Nothing here matches “${search.trim()}”. Try fewer or other words.`}
      py="xl"
    />
  )
}

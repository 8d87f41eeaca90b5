import { Button, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { Context, ContextVersionInfo } from '@muster/contexts/wire/contexts.ts'
import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { usePublishVersion } from '../api/context-mutations.ts'
import { versionQuery } from '../api/queries.ts'
import { SealDialog } from '../sealing/seal-dialog.tsx'
import { plainVersions } from './plain-versions.ts'

interface SealVersionProps {
  readonly context: Context
  readonly etag: string
  readonly versions: readonly ContextVersionInfo[]
}

/** Button and dialog that save the latest text once more, sealed. Nothing when it is sealed already. */
export function SealVersion({ context, etag, versions }: SealVersionProps) {
  const [isOpen, dialog] = useDisclosure(false)
  const publish = usePublishVersion(context.id)
  const { version, format } = context.latest
  const latest = useQuery({ ...versionQuery(context.id, version), enabled: format === 'plain' })
  if (format === 'age') return null
  return (
    <Stack gap={0}>
      <Button
        variant="default"
        leftSection={<IconLock size={16} />}
        onClick={dialog.open}
        disabled={latest.data === undefined}
      >
        Seal…
      </Button>
      <SealDialog
        isOpen={isOpen}
        onClose={dialog.close}
        text={latest.data?.body ?? ''}
        version={version + 1}
        plainVersions={plainVersions(versions)}
        onSealed={(body) =>
          publish.mutateAsync({ version: { format: 'age', body, note: `Version ${version}, sealed` }, etag })
        }
      />
    </Stack>
  )
}

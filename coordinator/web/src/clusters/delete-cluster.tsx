import { Button, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { Cluster } from '@muster/contexts/wire/clusters.ts'
import { IconTrash } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useDeleteCluster } from '../api/cluster-mutations.ts'
import { Dialog } from '../shell/dialog.tsx'
import { TypedConfirmation } from '../shell/typed-confirmation.tsx'

/** Button and dialog that delete a cluster. */
export function DeleteCluster({ cluster, etag }: { readonly cluster: Cluster; readonly etag: string }) {
  const [isOpen, dialog] = useDisclosure(false)
  const navigate = useNavigate()
  const remove = useDeleteCluster(cluster.id)
  return (
    <Stack gap="xs" align="flex-start">
      <Text size="sm">The coordinator leaves the cluster and admits nobody to it any more. No machine is stopped.</Text>
      <Button color="red" variant="light" leftSection={<IconTrash size={16} />} onClick={dialog.open}>
        Delete this cluster
      </Button>
      <Dialog isOpen={isOpen} onClose={dialog.close} title="Delete this cluster?">
        <TypedConfirmation
          name={cluster.name}
          action="Delete for good"
          isPending={remove.isPending}
          error={remove.error}
          onCancel={dialog.close}
          onConfirm={() => remove.mutate(etag, { onSuccess: () => void navigate({ to: '/clusters' }) })}
        >
          <Text size="sm">
            Its definition is lost. Members go on with each other until their certificates end, at most a day from now,
            and cannot renew them. The machines themselves stay as they are.
          </Text>
        </TypedConfirmation>
      </Dialog>
    </Stack>
  )
}

import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { Cluster, ClusterMesh } from '@muster/contexts/wire/clusters.ts'
import { IconPlus } from '@tabler/icons-react'
import { useAuthorizeMachine } from '../api/cluster-mutations.ts'
import { Dialog } from '../shell/dialog.tsx'
import { AuthorizeForm } from './authorize-form.tsx'
import { JoinSection } from './join-section.tsx'

interface AuthorizeMachineProps {
  readonly cluster: Cluster
  readonly mesh: ClusterMesh | undefined
}

/** Button and dialog that let one machine join; the token is forgotten when the dialog closes. */
export function AuthorizeMachine({ cluster, mesh }: AuthorizeMachineProps) {
  const [isOpen, dialog] = useDisclosure(false)
  const authorize = useAuthorizeMachine(cluster.id)
  const close = () => {
    dialog.close()
    authorize.reset()
  }
  return (
    <>
      <Button leftSection={<IconPlus size={18} />} onClick={dialog.open}>
        Let a machine join
      </Button>
      <Dialog isOpen={isOpen} onClose={close} title="Let a machine join" size="xl">
        {authorize.data === undefined ? (
          <AuthorizeForm
            definition={cluster.definition}
            isPending={authorize.isPending}
            error={authorize.error}
            onSubmit={(wish) => authorize.mutate(wish)}
            onCancel={close}
          />
        ) : (
          <JoinSection machine={authorize.data} mesh={mesh} onClose={close} />
        )}
      </Dialog>
    </>
  )
}

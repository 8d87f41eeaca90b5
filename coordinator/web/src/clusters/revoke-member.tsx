import { Button, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { MeshMember } from '@muster/contexts/wire/clusters.ts'
import { IconBan } from '@tabler/icons-react'
import { useRevokeMember } from '../api/cluster-mutations.ts'
import { Dialog } from '../shell/dialog.tsx'
import { TypedConfirmation } from '../shell/typed-confirmation.tsx'
import { memberName } from './member-words.ts'

interface RevokeMemberProps {
  readonly clusterId: string
  readonly member: MeshMember
  readonly onRevoked: () => void
}

/** Button and dialog that cut a member off. */
export function RevokeMember({ clusterId, member, onRevoked }: RevokeMemberProps) {
  const [isOpen, dialog] = useDisclosure(false)
  const revoke = useRevokeMember(clusterId)
  const name = memberName(member)
  return (
    <>
      <Button variant="light" color="red" leftSection={<IconBan size={16} />} onClick={dialog.open}>
        Revoke its membership
      </Button>
      <Dialog isOpen={isOpen} onClose={dialog.close} title="Cut this member off?">
        <TypedConfirmation
          name={name}
          action="Revoke"
          isPending={revoke.isPending}
          error={revoke.error}
          onCancel={dialog.close}
          onConfirm={() => revoke.mutate(member.peer, { onSuccess: onRevoked })}
        >
          <Text size="sm">
            All members of the cluster will refuse {name} in {member.cloud} for good, and its services are no longer
            answered. The machine itself keeps running. Its place can be filled anew by another machine.
          </Text>
        </TypedConfirmation>
      </Dialog>
    </>
  )
}

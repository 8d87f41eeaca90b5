import { Drawer, Group, Stack } from '@mantine/core'
import type { ClusterMesh, MeshMember } from '@muster/contexts/wire/clusters.ts'
import { MemberFacts } from './member-facts.tsx'
import { memberName } from './member-words.ts'
import { RevokeMember } from './revoke-member.tsx'

interface MemberPanelProps {
  /** Undefined: the panel is closed. */
  readonly member: MeshMember | undefined
  readonly mesh: ClusterMesh
  readonly receivedAt: number
  readonly onClose: () => void
}

/** Panel at the side with the facts of one member; closes with Escape and gives the focus back. */
export function MemberPanel({ member, mesh, receivedAt, onClose }: MemberPanelProps) {
  return (
    <Drawer
      opened={member !== undefined}
      onClose={onClose}
      position="right"
      size="md"
      title={member === undefined ? '' : memberName(member)}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {member !== undefined && (
        <Stack gap="lg">
          <MemberFacts member={member} mesh={mesh} receivedAt={receivedAt} />
          {!member.isSelf && (
            <Group>
              <RevokeMember clusterId={mesh.clusterId} member={member} onRevoked={onClose} />
            </Group>
          )}
        </Stack>
      )}
    </Drawer>
  )
}

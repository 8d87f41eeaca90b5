import type { Mesh } from '@muster/mesh/node/mesh.ts'

/** Where the machine stands with its cluster, for people and reports; no secrets. */
export type MeshView =
  /** `/etc/muster/join.conf` cannot be used, or the mesh could not be begun; the agent goes on without. */
  | {
      readonly phase: 'trouble'
      readonly code: string
      readonly message: string
      readonly hint: string | undefined
    }
  | { readonly phase: 'starting' | 'left'; readonly cluster: string }
  | { readonly phase: 'joining' | 'lapsed'; readonly cluster: string; readonly trouble: string | undefined }
  | { readonly phase: 'refused'; readonly cluster: string; readonly cause: string }
  | {
      readonly phase: 'member'
      readonly cluster: string
      /** As people call the cluster; its identifier until the definition is known. */
      readonly name: string
      readonly service: string
      readonly cloud: string
      readonly slot: number
      /** Members that are there now, this one included. */
      readonly members: number
    }

/** What a running mesh shows. */
export function meshViewOf(mesh: Mesh): MeshView {
  const { cluster } = mesh
  const now = mesh.phase()
  if (now.phase !== 'member') return { cluster, ...now }
  const slot = mesh.membership()?.slot
  return {
    phase: 'member',
    cluster,
    name: mesh.definition()?.name ?? cluster,
    service: slot?.service ?? '',
    cloud: slot?.cloud ?? '',
    slot: slot?.slot ?? 0,
    members: mesh.counts().members.alive,
  }
}

/** One line for the console and `status`. */
export function meshWords(view: MeshView): string {
  switch (view.phase) {
    case 'trouble':
      return `NOT A MEMBER: ${view.message}`
    case 'starting':
      return `${view.cluster} (starting)`
    case 'joining':
      return `${view.cluster} (joining${view.trouble === undefined ? '' : `: ${view.trouble}`})`
    case 'lapsed':
      return `${view.cluster} (MEMBERSHIP HAS EXPIRED${view.trouble === undefined ? '' : `: ${view.trouble}`})`
    case 'refused':
      return `${view.cluster} (REFUSED: ${view.cause})`
    case 'left':
      return `${view.cluster} (left)`
    case 'member': {
      const count = view.members === 1 ? '1 member' : `${view.members} members`
      return `${view.name} (${view.service} ${view.slot} in ${view.cloud}, ${count})`
    }
  }
}

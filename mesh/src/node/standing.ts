import type { Membership, PeerId } from '../admission/membership.ts'
import type { RefusalCause } from '../admission/refusals.ts'
import type { NodeCore } from './core.ts'
import type { MeshPhase } from './mesh.ts'

/** What speaks against a member of its own that asking will not change. */
const FINAL: ReadonlySet<RefusalCause> = new Set<RefusalCause>(['certificate-revoked', 'slot-superseded', 'wrong-role'])

/** Where this node stands with its cluster. */
export function phaseOf(core: NodeCore): MeshPhase {
  if (core.hasLeft) return { phase: 'left' }
  const joining = core.joining?.phase()
  if (joining?.phase === 'refused') return { phase: 'refused', cause: joining.cause }
  if (joining !== undefined && joining.phase !== 'member') return joining
  const own = core.roster?.membershipOf(core.parts.identity.peer, core.parts.clock.now())
  if (own === undefined) return { phase: 'joining', trouble: undefined }
  if (typeof own !== 'string') return { phase: 'member' }
  if (FINAL.has(own) || core.joining === undefined) return { phase: 'refused', cause: own }
  return { phase: 'lapsed', trouble: undefined }
}

/** Whether others may be spoken with, and may speak here. */
export function isMember(core: NodeCore): boolean {
  return phaseOf(core).phase === 'member'
}

/** Membership of a peer that is valid now. */
export function membershipOf(core: NodeCore, peer: PeerId): Membership | undefined {
  const found = core.roster?.membershipOf(peer, core.parts.clock.now())
  return typeof found === 'string' ? undefined : found
}

/** The own membership as it was known last, expired or not. */
export function ownMembership(core: NodeCore): Membership | undefined {
  return membershipOf(core, core.parts.identity.peer) ?? core.joining?.credentials()?.membership
}

import type { SignedDefinition } from '../admission/definition.ts'
import type { PeerId } from '../admission/membership.ts'
import type { Credentials, IssuerAddress } from './joining.ts'

/**
 * Who may renew a certificate, best first: who issued it, then the other agents of its cloud. Addresses are those of the
 * definition, and for the issuer that was configured its own as well.
 */
export function issuersFor(
  configured: IssuerAddress,
  credentials: Credentials | undefined,
  definition: SignedDefinition | undefined,
): readonly IssuerAddress[] {
  if (credentials === undefined) return [configured]
  const { issuer, slot } = credentials.membership
  const agents = definition?.clouds.find((cloud) => cloud.name === slot.cloud)?.agents ?? []
  const addressesOf = (peer: PeerId) => {
    const own = configured.peer === peer ? configured.addresses : []
    return [...new Set([...own, ...(agents.find((agent) => agent.peer === peer)?.addresses ?? [])])]
  }
  const peers = new Set([issuer, ...agents.map((agent) => agent.peer)])
  return [...peers].map((peer) => ({ peer, addresses: addressesOf(peer) }))
}

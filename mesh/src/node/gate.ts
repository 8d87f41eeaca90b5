import type { PeerId } from '../admission/membership.ts'
import { refusal } from '../admission/refusals.ts'
import type { AdmissionGate, Hello } from '../network/network-host.ts'
import type { CertificateAsks } from './certificate-asks.ts'
import type { NodeCore } from './core.ts'
import { rosterOf } from './documents.ts'
import { countRefusal, judgeGossip } from './judge.ts'
import { isMember, membershipOf } from './standing.ts'

/** Lets members in, by what this node knows of the cluster; nobody while it is no member itself. */
export function createGate(core: NodeCore, asks: CertificateAsks): AdmissionGate {
  return {
    // Before there is a member, nobody here would hear of a connection.
    hello: () => (core.member !== undefined && isMember(core) ? helloOf(core) : undefined),
    async admit(peer, hello) {
      try {
        await admit(core, peer, hello)
      } catch (error) {
        countRefusal(core, error, peer)
        throw error
      }
    },
    isAdmitted: (peer) => isMember(core) && membershipOf(core, peer) !== undefined,
    receive: (topic, bytes, from) => judgeGossip(core, asks, topic, bytes, from),
  }
}

function helloOf(core: NodeCore): Hello {
  const roster = rosterOf(core)
  const certificate = roster.certificateOf(core.parts.identity.peer)
  const definitionVersion = roster.definition().version
  return certificate === undefined ? { definitionVersion } : { certificate, definitionVersion }
}

async function admit(core: NodeCore, peer: PeerId, hello: Hello): Promise<void> {
  const roster = rosterOf(core)
  const now = core.parts.clock.now()
  if (hello.certificate !== undefined && hello.certificate !== roster.certificateOf(peer)) {
    const member = await roster.admit(hello.certificate, now)
    if (member.peer !== peer) throw refusal('certificate-other-peer', 'A peer that shows the certificate of another')
  }
  const found = roster.membershipOf(peer, now)
  if (typeof found === 'string') throw refusal(found, `A peer that is not a member: ${found}`)
}

import type { Issuer } from '../admission/issuer.ts'
import { createBlobExchange } from '../blobs/create-blob-exchange.ts'
import { MeshError } from '../fault.ts'
import { createBlobPeers } from './blob-peers.ts'
import { createCertificateAsks } from './certificate-asks.ts'
import { createNodeCore, type NodeCore } from './core.ts'
import { acceptDefinition, acceptRevocations } from './documents.ts'
import { createGate } from './gate.ts'
import { createLeaving } from './leave.ts'
import type { MeshNode, MeshNodeParts } from './mesh-node.ts'
import { createMeshView } from './mesh-view.ts'
import { createOwnProber } from './own-service.ts'
import { createOwnStatements, type OwnStatements } from './own-statements.ts'
import { type NodeWorks, openIssuer, runNode, takeEvent } from './run.ts'
import { fetchCertificates, serveSync } from './sync.ts'
import { tell } from './tell.ts'
import { createUserProber, userTargets } from './user-probes.ts'

/** A node of one cluster. It takes part in the host's cluster from now on; run its service to let it join. */
export function createMeshNode(parts: MeshNodeParts): MeshNode {
  const core = createNodeCore(parts)
  const link = attach(core)
  const own = createOwnStatements(core)
  const ownProber = createOwnProber(core, own.restate)
  const userProber = createUserProber(core)
  const works: NodeWorks = { link, own, ownProber, userProber }
  const { clock, random, log, blobStore: store } = parts
  const blobs = createBlobExchange({ store, streams: link.streams, peers: createBlobPeers(core), clock, random, log })
  const leaving = createLeaving(core, works, blobs)
  let issuer: Issuer | undefined
  return {
    mesh: createMeshView(core, blobs, () => userProber.setTargets(userTargets(core))),
    blobs,
    issuer: () => issuer,
    ...createControls(core, own),
    leave: leaving.leave,
    service: {
      name: `mesh ${parts.trust.cluster}`,
      async run({ signal, ready }) {
        const stop = parts.host.onAddresses(own.restate)
        try {
          issuer = await openIssuer(core, link)
          await runNode(core, works, ready, AbortSignal.any([signal, leaving.signal]))
        } catch (error) {
          // Who has left goes on doing nothing until it is asked to end.
          if (!leaving.signal.aborted || signal.aborted) throw error
          await aborted(signal)
        } finally {
          stop()
          await leaving.leave('stopped')
        }
      },
    },
  }
}

function attach(core: NodeCore) {
  const { host, clock, trust, log } = core.parts
  const asks = createCertificateAsks(clock, async (from, owners) => {
    try {
      await fetchCertificates(core, link.streams, from, owners)
      return true
    } catch (error) {
      if (!(error instanceof MeshError)) log.error({ error }, 'Asking for certificates has failed')
      return false
    }
  })
  const link = host.attach(trust.cluster, createGate(core, asks), (event) => takeEvent(core, event))
  core.link = link
  serveSync(core, link.streams)
  return link
}

function createControls(core: NodeCore, own: OwnStatements) {
  return {
    state(statement) {
      core.statements.set(`${statement.kind}/${statement.subject}`, statement)
      own.restate()
    },
    withdraw(kind, subject) {
      core.statements.delete(`${kind}/${subject}`)
      tell(core, { type: 'withdraw', kind, subject })
    },
    setState(state) {
      core.state = state
      own.restate()
    },
    acceptDefinition: (token) => acceptDefinition(core, token),
    acceptRevocations: (token) => acceptRevocations(core, token),
    confirmGone: (peer) => tell(core, { type: 'confirmed-gone', peer }),
  } satisfies Partial<MeshNode>
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

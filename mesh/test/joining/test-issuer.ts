import type { Secret } from '@muster/contexts/secret.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import { type Log, silentLog } from '@muster/runtime/log.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import type { SignedDefinition } from '../../src/admission/definition.ts'
import { type Identity, verifySignature } from '../../src/admission/identity.ts'
import { createIssuer, type Issuer, type IssuerParts } from '../../src/admission/issuer.ts'
import type { PeerId, Slot } from '../../src/admission/membership.ts'
import { createMemoryJournal } from '../../src/admission/memory-journal.ts'
import { createRefusalCounter, type RefusalCounter } from '../../src/admission/refusals.ts'
import {
  addRevocations,
  NO_REVOCATIONS,
  type RevocationBook,
  signRevocations,
  verifyRevocations,
} from '../../src/admission/revocation.ts'
import { serveJoin } from '../../src/joining/serve-join.ts'
import type { Streams } from '../../src/network/streams.ts'
import { spread } from '../../src/spread.ts'
import { agentA, defineCluster } from '../admission/cluster.ts'

/** The place that is filled when a test does not say another. */
export const WORKER: Slot = { service: 'worker', cloud: 'a', slot: 0, generation: 1 }

/** What a test may choose of its issuer. */
export interface TestIssuerParts extends Partial<Pick<IssuerParts, 'journal' | 'approve'>> {
  readonly clock: Clock
  readonly streams: Pick<Streams, 'serve'>
  /** @default the agent of cloud a, see admission/cluster.ts */
  readonly identity?: Identity
  readonly definition?: SignedDefinition
  readonly log?: Log
}

/** An issuer that answers joins. */
export interface TestIssuer {
  readonly issuer: Issuer
  readonly refusals: RefusalCounter
  newToken(slot?: Partial<Slot>): Promise<Secret>
  /** From now on these peers are shut out. */
  revoke(peers: readonly PeerId[], now: number): Promise<void>
  /** From now on this is the newest definition here. */
  publish(definition: SignedDefinition): void
}

/** Admits members of cloud a, or wherever `parts.identity` may. */
export async function createTestIssuer(parts: TestIssuerParts): Promise<TestIssuer> {
  const { clock, streams, identity = agentA, log = silentLog } = parts
  let definition = parts.definition ?? (await defineCluster())
  let revocations: RevocationBook = NO_REVOCATIONS
  const refusals = createRefusalCounter(log)
  const issuer = await createIssuer({
    identity,
    verify: verifySignature,
    journal: parts.journal ?? createMemoryJournal(),
    clock,
    // Another one for each issuer, else they would all draw the same tokens.
    random: createSeededRandom(Math.floor(spread(identity.peer) * 2 ** 32)),
    refusals,
    definition: () => definition,
    revocations: () => revocations,
    ...(parts.approve === undefined ? {} : { approve: parts.approve }),
  })
  serveJoin(streams, { issuer, clock, log, refusals })
  return {
    issuer,
    refusals,
    newToken: (slot = {}) => issuer.issueToken({ ...WORKER, ...slot }),
    async revoke(peers, now) {
      const version = (revocations.get(identity.peer)?.version ?? 0) + 1
      const list = await signRevocations({ cluster: definition.cluster, version, now, peers }, identity)
      revocations = addRevocations(revocations, await verifyRevocations(list, definition))
    },
    publish(next) {
      definition = next
    },
  }
}

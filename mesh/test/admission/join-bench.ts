import { silentLog } from '@muster/runtime/log.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { type Identity, verifySignature } from '../../src/admission/identity.ts'
import { createIssuer, type Issuer, type IssuerParts } from '../../src/admission/issuer.ts'
import { createJoinRequest, decodeJoinAnswer, encodeJoinRequest, type JoinAnswer } from '../../src/admission/join.ts'
import { createMemoryJournal } from '../../src/admission/memory-journal.ts'
import { createRefusalCounter, type RefusalCounter } from '../../src/admission/refusals.ts'
import { NO_REVOCATIONS, type RevocationBook } from '../../src/admission/revocation.ts'
import type { IssuerJournal } from '../../src/admission/token-office.ts'
import { agentA, CLUSTER, coordinator, defineCluster, identityOf, START } from './cluster.ts'

export const MINUTE = 60_000
export const first = identityOf(10)
export const second = identityOf(11)
export const nonce = Uint8Array.from({ length: 16 }, (_, index) => index)
export const definition = await defineCluster()
export const trust = { cluster: CLUSTER, coordinator: coordinator.peer }
export const SLOT = { service: 'worker', cloud: 'a', slot: 0, generation: 1 }

/** An issuer of cloud a with a clock and revocations to set, and a peer's side of a join. */
export interface Bench {
  now: number
  revocations: RevocationBook
  readonly issuer: Issuer
  readonly refusals: RefusalCounter
  readonly ask: (
    token: string,
    by?: Identity,
    changes?: Partial<Parameters<typeof createJoinRequest>[0]>,
  ) => Promise<JoinAnswer>
}

/** Opens an issuer on a journal. */
export async function openBench(
  journal: IssuerJournal = createMemoryJournal(),
  extra: Partial<IssuerParts> = {},
): Promise<Bench> {
  const state = { now: START, revocations: NO_REVOCATIONS }
  const refusals = createRefusalCounter(silentLog)
  const issuer = await createIssuer({
    identity: agentA,
    verify: verifySignature,
    journal,
    clock: { now: () => state.now },
    random: createSeededRandom(7),
    refusals,
    definition: () => definition,
    revocations: () => state.revocations,
    ...extra,
  })
  const ask: Bench['ask'] = async (token, by = first, changes = {}) => {
    const wish = { cluster: CLUSTER, issuer: agentA.peer, kind: 'join' as const, right: token, nonce, ...changes }
    return decodeJoinAnswer(await issuer.answer(encodeJoinRequest(createJoinRequest(wish, by)), by.peer))
  }
  return Object.assign(state, { issuer, refusals, ask })
}

export const outcomeOf = (answer: JoinAnswer) => (answer.outcome === 'admitted' ? 'admitted' : answer.cause)
export const newToken = async (bench: Bench, slot = SLOT) => (await bench.issuer.issueToken(slot)).reveal()

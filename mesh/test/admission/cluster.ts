import { type DefinitionContent, type SignedDefinition, signDefinition } from '../../src/admission/definition.ts'
import { createIdentity, type Identity } from '../../src/admission/identity.ts'

/** Epoch milliseconds at which the tests' clusters begin. */
export const START = 1_800_000_000_000
export const CLUSTER = 'clu_test'

/** The same identity for the same number. */
export function identityOf(number: number): Identity {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number)
  return createIdentity(seed)
}

export const coordinator: Identity = identityOf(1)
export const agentA: Identity = identityOf(2)
export const agentB: Identity = identityOf(3)
export const stranger: Identity = identityOf(4)

/** Two clouds with an agent each; a cache in each, a head that owns demand, workers. */
export const CONTENT: DefinitionContent = {
  cluster: CLUSTER,
  name: 'analysis',
  version: 1,
  issuedAt: START,
  clouds: [
    { name: 'a', agents: [{ peer: agentA.peer, addresses: ['/ip4/127.0.0.1/tcp/4001'] }] },
    { name: 'b', agents: [{ peer: agentB.peer, addresses: [] }] },
  ],
  services: [
    { name: 'proxy', kind: 'per-cloud', ownsDemand: false },
    { name: 'head', kind: 'singleton', ownsDemand: true },
    { name: 'worker', kind: 'scalable', ownsDemand: false },
  ],
}

export function defineCluster(changes: Partial<DefinitionContent> = {}): Promise<SignedDefinition> {
  return signDefinition({ ...CONTENT, ...changes }, coordinator)
}

/** The cause inside the error of a promise, `none` when it resolves. */
export async function causeOfRejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return 'none'
  } catch (error) {
    return error instanceof Error && 'details' in error
      ? ((error.details as { readonly cause?: unknown }).cause ?? (error as { code?: unknown }).code)
      : error
  }
}

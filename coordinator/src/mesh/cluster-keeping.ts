import { type SignedDefinition, verifyDefinition } from '@muster/mesh/admission/definition.ts'
import { compactEntries, ledgerOf } from '@muster/mesh/admission/join-token.ts'
import { type RevocationList, verifyRevocations } from '@muster/mesh/admission/revocation.ts'
import type { IssuerJournal } from '@muster/mesh/admission/token-office.ts'
import { MeshError } from '@muster/mesh/fault.ts'
import { KeepingError } from '@muster/mesh/keeping/keeping-error.ts'
import { decodeRemembered, encodeRemembered, trimRemembered } from '@muster/mesh/keeping/kept-files.ts'
import type { KeptDocuments, MeshKeeping } from '@muster/mesh/keeping/mesh-keeping.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { StoredCluster } from '../store/clusters.ts'
import type { Store } from '../store/store.ts'

/** Lines above which a journal is rewritten when it is opened. */
const COMFORTABLE_LINES = 1000
/** Expired tokens are kept for so long: a clock that ran ahead for a while must not void those that are good. */
const KEEP_EXPIRED_MS = 24 * 60 * 60_000

/** What the keeping of one cluster stands on. */
export interface ClusterKeepingParts {
  readonly store: Store
  readonly clock: Pick<Clock, 'now'>
  /** 32 secret bytes of the coordinator's key. */
  readonly seed: Uint8Array
}

/**
 * What the coordinator keeps of a cluster, in the store in place of a folder. It has no join token and no certificate,
 * since the definition names it. What belongs to a deleted cluster is not kept.
 *
 * @throws {MeshError} the definition in the store is not signed by the coordinator of the cluster
 */
export async function openClusterKeeping(cluster: StoredCluster, parts: ClusterKeepingParts): Promise<MeshKeeping> {
  const { store, clock } = parts
  const { id } = cluster
  const definition = await readDefinition(store, cluster)
  const lists = await store.read.clusterKeeping.revocations(id)
  let documents: KeptDocuments = {
    certificate: undefined,
    definition: definition.token,
    revocations: lists.map(({ token }) => token),
  }
  const note = await store.read.clusterKeeping.note(id, 'remembered')
  let remembered = (note === undefined ? undefined : decodeRemembered(note)) ?? []
  return {
    folder: `store:${id}`,
    seed: async () => Uint8Array.from(parts.seed),
    documents: () => documents,
    async saveDocuments({ revocations }) {
      // Definitions are in the store before any node hears of them.
      if (revocations === undefined) return
      await saveRevocations(store, cluster, revocations)
      documents = { ...documents, revocations }
    },
    remembered: () => remembered,
    async saveRemembered(peers) {
      remembered = trimRemembered(peers)
      await store.write((tx) => tx.clusterKeeping.saveNote(id, 'remembered', encodeRemembered(remembered)))
    },
    token: () => undefined,
    keepToken: async () => refuseToken(),
    isTokenUsed: () => false,
    forgetToken: async () => refuseToken(),
    nextBootId: (now) =>
      store.write(async (tx) => {
        const last = Number((await tx.clusterKeeping.note(id, 'boot')) ?? 0)
        const next = Math.max(now, last + 1)
        await tx.clusterKeeping.saveNote(id, 'boot', String(next))
        return next
      }),
    journal: async () => createStoreJournal(id, { store, clock }),
  }
}

/**
 * The journal of the issuer of a cluster, in the store. One program may have it: the coordinator whose mesh is on.
 *
 * `append` rejects with what the store throws; the line may be there all the same when the connection broke.
 */
export function createStoreJournal(
  clusterId: string,
  { store, clock }: Pick<ClusterKeepingParts, 'store' | 'clock'>,
): IssuerJournal {
  return {
    load: () =>
      store.write(async (tx) => {
        const entries = await tx.clusterKeeping.entries(clusterId)
        if (entries.length <= COMFORTABLE_LINES) return entries
        const needed = compactEntries(ledgerOf(entries), clock.now() - KEEP_EXPIRED_MS)
        await tx.clusterKeeping.clearEntries(clusterId)
        await tx.clusterKeeping.append(clusterId, needed)
        return needed
      }),
    append: (entry) => store.write((tx) => tx.clusterKeeping.append(clusterId, [entry])),
  }
}

async function readDefinition(store: Store, cluster: StoredCluster): Promise<SignedDefinition> {
  const stored = await store.read.clusters.latestDefinition(cluster.id)
  if (stored === undefined) {
    throw new KeepingError('unusable', `The cluster ${cluster.id} is gone`, { hint: 'It was deleted meanwhile.' })
  }
  return verifyDefinition(stored.token, { cluster: cluster.id, coordinator: cluster.coordinator })
}

/** Keeps the lists of those who may state them now; the others no longer matter. */
async function saveRevocations(store: Store, cluster: StoredCluster, tokens: readonly string[]): Promise<void> {
  const definition = await readDefinition(store, cluster)
  const lists = await Promise.all(tokens.map((token) => verifiedOrNone(token, definition)))
  await store.write(async (tx) => {
    for (const list of lists) {
      if (list === undefined) continue
      const { issuer, version, token } = list
      await tx.clusterKeeping.saveRevocations(cluster.id, { issuer, version, token })
    }
  })
}

async function verifiedOrNone(token: string, definition: SignedDefinition): Promise<RevocationList | undefined> {
  try {
    return await verifyRevocations(token, definition)
  } catch (error) {
    if (error instanceof MeshError) return undefined
    throw error
  }
}

function refuseToken(): never {
  throw new KeepingError('unusable', 'A coordinator joins by its own definition, without a token', {
    hint: 'Keep tokens in the folder of a member.',
  })
}

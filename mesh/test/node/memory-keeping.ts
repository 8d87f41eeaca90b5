import type { Secret } from '@muster/contexts/secret.ts'
import type { TokenEntry } from '../../src/admission/join-token.ts'
import type { KeptDocuments, MeshKeeping } from '../../src/keeping/mesh-keeping.ts'
import type { RememberedPeer } from '../../src/redial/state.ts'

/** What a folder would hold, for nodes on the virtual clock; it outlives the nodes that use it. */
export function createMemoryKeeping(): MeshKeeping {
  let documents: KeptDocuments = { certificate: undefined, definition: undefined, revocations: [] }
  let peers: readonly RememberedPeer[] = []
  let token: Secret | undefined
  let bootId = 0
  const used = new Set<string>()
  const entries: TokenEntry[] = []
  return {
    folder: 'memory',
    seed: async () => new Uint8Array(32),
    documents: () => documents,
    async saveDocuments(changes) {
      documents = { ...documents, ...changes }
    },
    remembered: () => peers,
    async saveRemembered(list) {
      peers = list
    },
    token: () => token,
    async keepToken(kept) {
      if (!used.has(kept.reveal())) token = kept
    },
    isTokenUsed: (shown) => used.has(shown.reveal()),
    async forgetToken(shown) {
      used.add(shown.reveal())
      token = undefined
    },
    async nextBootId(now) {
      bootId = Math.max(now, bootId + 1)
      return bootId
    },
    journal: async () => ({
      load: async () => [...entries],
      append: async (entry: TokenEntry) => void entries.push(entry),
      lines: () => entries.length,
    }),
  }
}

import type { RememberedPeer } from '../redial/state.ts'

/** What a node of one cluster has kept from its last run; nothing of it is secret but the seed, which is not here. */
export interface KeptState {
  /** The own certificate; undefined before the first join and for those whom the definition names. */
  readonly certificate: string | undefined
  /** The newest definition that was accepted, compact JWS. */
  readonly definition: string | undefined
  /** The newest revocation list of each issuer. */
  readonly revocations: readonly string[]
  readonly peers: readonly RememberedPeer[]
  /** The bootId of the last start. */
  readonly bootId: number | undefined
}

/**
 * Where a node keeps what must outlive its process. Each call resolves once its content is on stable storage, all or
 * nothing; calls may overlap, the last one of a kind wins.
 */
export interface MeshKeeping {
  load(): Promise<KeptState>
  saveCertificate(certificate: string): Promise<void>
  saveDefinition(definition: string): Promise<void>
  saveRevocations(lists: readonly string[]): Promise<void>
  savePeers(peers: readonly RememberedPeer[]): Promise<void>
  saveBootId(bootId: number): Promise<void>
}

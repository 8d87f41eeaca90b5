import type { Secret } from '@muster/contexts/secret.ts'
import type { IssuerJournal } from '../admission/token-office.ts'
import type { RememberedPeer } from '../redial/state.ts'

/** The signed documents of a member, each a compact JWS. */
export interface KeptDocuments {
  /** The own membership certificate; undefined before the first join, and for those whom the definition names. */
  readonly certificate: string | undefined
  readonly definition: string | undefined
  /** The newest list of each issuer. */
  readonly revocations: readonly string[]
}

/**
 * What a node keeps of one cluster on disk. What was read at the opening is answered from memory; whatever is given to
 * a `save…` will survive a crash of the machine once its promise resolves. Calls may overlap; each is done in turn.
 *
 * All promises reject with `KeepingError`: unusable - a file cannot be written, or damaged - it is not what was written.
 */
export interface MeshKeeping {
  readonly folder: string
  /** 32 secret bytes of the node's key; drawn at the first call in the life of the folder, the same ever after. */
  seed(): Promise<Uint8Array>
  /** Documents as they were kept: who uses them verifies them. */
  documents(): KeptDocuments
  /** Replaces those that are named; the others stay. */
  saveDocuments(changes: Partial<KeptDocuments>): Promise<void>
  /** As it was saved last; empty when there is none, or it was damaged and set aside. */
  remembered(): readonly RememberedPeer[]
  /** Replaces the list; the `MAX_REMEMBERED` that were seen last are kept. */
  saveRemembered(peers: readonly RememberedPeer[]): Promise<void>
  /** The join token that waits for its use. */
  token(): Secret | undefined
  /** Keeps a token for its use; does nothing with one that was used here. */
  keepToken(token: Secret): Promise<void>
  /** Whether this token has made this node a member before. */
  isTokenUsed(token: Secret): boolean
  /** The token has done its work: its characters are removed from the folder, its hash stays. */
  forgetToken(token: Secret): Promise<void>
  /**
   * A number for a start of the node, above that of every earlier start, also when the clock was set back meanwhile.
   *
   * @param now - epoch milliseconds, which it is when nothing is against it
   */
  nextBootId(now: number): Promise<number>
  /**
   * The journal of an issuer at this node; `load` it before anything is appended. Lines that no longer matter are
   * dropped from time to time.
   */
  journal(): Promise<IssuerJournal>
}

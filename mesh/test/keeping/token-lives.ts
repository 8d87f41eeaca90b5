import type { TokenEntry } from '../../src/admission/join-token.ts'
import { identityOf, START } from '../admission/cluster.ts'

const USER = identityOf(90).peer

/** The entries of a token's life in a place of its own: issued, and used if that is wanted. */
export function lifeOf(slot: number, isUsed: boolean, expiresAt: number = START + 3_600_000): readonly TokenEntry[] {
  const hash = slot.toString(16).padStart(64, '0')
  const place = { service: 'worker', cloud: 'a', slot, generation: 1 }
  const issued: TokenEntry = {
    type: 'issued',
    token: { hash, cluster: 'clu_test', role: 'worker', slot: place, expiresAt },
  }
  return isUsed ? [issued, { type: 'used', hash, peer: USER, usedAt: START }] : [issued]
}

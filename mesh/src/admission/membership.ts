/** Identity of a node: its libp2p PeerId of an Ed25519 key, base58btc (`12D3Koo…`); the public key is inside. */
export type PeerId = string

/**
 * What a member may do; its certificate says so and every receiver checks it.
 *
 * `cloud-agent` creates machines and admits members of its cloud · `fixed` runs a fixed service · `demand-owner` a fixed
 * service that also states demand for workers · `worker` runs jobs · `coordinator` rendezvous and relay, publishes
 * definitions
 */
export type Role = 'cloud-agent' | 'fixed' | 'demand-owner' | 'worker' | 'coordinator'

/** Where a member stands: the slot that its ticket filled. */
export interface Slot {
  readonly service: string
  readonly cloud: string
  /** Number of the place, from 0. */
  readonly slot: number
  /** Counts up each time the slot is filled anew. */
  readonly generation: number
}

/** What a valid membership certificate states. */
export interface Membership {
  readonly cluster: string
  readonly peer: PeerId
  readonly role: Role
  readonly slot: Slot
  /** PeerId of the cloud agent (or coordinator) that signed it. */
  readonly issuer: PeerId
  /** Epoch milliseconds. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Life of a certificate; it is renewed when two thirds are over. */
export const CERTIFICATE_LIFE_MS = 24 * 60 * 60_000
/** Clocks may differ by so much. */
export const MAX_CLOCK_SKEW_MS = 30_000

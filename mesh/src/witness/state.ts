import type { PeerId } from '../admission/membership.ts'
import type { Version } from '../records/order.ts'
import { DEFAULT_TTL_MS } from '../records/record.ts'
import type { Suspicion, SuspicionTimes } from './suspicion.ts'

/**
 * How an observer sees a member. All four are hints: nobody deletes a machine because of them.
 *
 * `alive` heard of, nothing against it · `suspect` lost by somebody, may still answer · `gone` two witnesses lost it
 * and it did not answer, or its record expired · `left` it said so itself
 */
export type MemberStatus = 'alive' | 'suspect' | 'gone' | 'left'

/** A try to reach a member after its connection was lost, directly and through others. */
export interface Probe {
  /** Answers to an older probe are void. */
  readonly id: number
  /** 0 for the first; another one follows when no relay answered at all. */
  readonly attempt: number
  /** Begun while somebody suspected the member: that it fails is part of the proof. */
  readonly isLook: boolean
  readonly deadline: number
  readonly isDirectOpen: boolean
  readonly openRelays: number
  /** Relays that could be asked and could not reach it either. */
  readonly confirmedBy: number
  /** Members on whose behalf this one probes. */
  readonly askers: readonly Asker[]
}

/** A member that asked this one to probe a third. */
export interface Asker {
  readonly peer: PeerId
  /** Its own number of the request. */
  readonly token: number
}

/** What an observer holds about one member. */
export interface Peer {
  readonly cloud: string
  /** Newest that was heard of it. */
  readonly version: Version
  readonly heardAt: number
  readonly expiresAt: number
  /** Whether its records reach this observer by a topic; otherwise only a connection tells. */
  readonly isFollowed: boolean
  readonly hasLeft: boolean
  readonly probe: Probe | undefined
  /** By witness, this observer among them. */
  readonly suspicions: ReadonlyMap<PeerId, Suspicion>
  /** This observer tried to reach it since it is suspected, and could not. */
  readonly hasLooked: boolean
  /** When it is probed anew, because this observer lost it and could not find out why; undefined when nothing is open. */
  readonly askAgainAt: number | undefined
  /** It was out of reach and then answered: its next record shows whether this observer was wrong or it has restarted. */
  readonly isBack: boolean
  readonly status: MemberStatus
  readonly statusSince: number
}

/** Numbers of the witness; the reasons are with `DEFAULT_WITNESS_OPTIONS`. */
export interface WitnessOptions {
  readonly suspicion: SuspicionTimes
  readonly probeTimeoutMs: number
  readonly relayTimeoutMs: number
  readonly lookTimeoutMs: number
  readonly loneLookMs: number
  readonly relays: number
  readonly maxAttempts: number
  readonly askAgainMs: number
  readonly witnessesWithoutLook: number
  readonly lapseMs: number
  readonly maxStrain: number
  readonly strainMs: number
  readonly freezeMs: number
  readonly sickShare: number
  readonly sickCount: number
  readonly sickWindowMs: number
  readonly keepMs: number
  readonly maxPeers: number
}

/** Everything that one observer knows of the life of others. Times are of a monotonic clock, in milliseconds. */
export interface WitnessState {
  readonly self: PeerId
  /** Own cloud: who loses most of that concludes nothing about anybody. */
  readonly cloud: string
  readonly options: WitnessOptions
  readonly peers: ReadonlyMap<PeerId, Peer>
  readonly connected: ReadonlySet<PeerId>
  /** Probes of strangers on behalf of others, by number. */
  readonly errands: ReadonlyMap<number, Asker>
  /** Probes so far; numbers them. */
  readonly probes: number
  /**
   * How often this observer was wrong of late, 0 to `maxStrain`: it could not reach somebody who then proved to live.
   * Its network loses much or its machine is busy, so it waits longer before it believes itself.
   */
  readonly strain: number
  /** When `strain` falls by one. */
  readonly relaxAt: number
  /** When an event was last handled. */
  readonly seenAt: number
  /** Clouds of which so many members look lost that this observer doubts itself. */
  readonly sickAbout: ReadonlySet<string>
  /** Spares ticks the look at everybody while nothing is wrong; holds for these very members and connections only. */
  readonly calm: Calm | undefined
}

/** Nobody is in trouble, and no tick changes anything before `until`, if it comes with the same members. */
export interface Calm {
  readonly peers: ReadonlyMap<PeerId, Peer>
  readonly connected: ReadonlySet<PeerId>
  readonly until: number
}

/** Most witnesses that are remembered for one member; more change nothing. */
export const MAX_WITNESSES = 8
/** Probes of strangers under way; who asks for more gets no answer. */
export const MAX_ERRANDS = 64
/** Most members that one witness may hold under suspicion; a hostile one cannot suspect the world. */
export const MAX_SUSPECTS_PER_WITNESS = 32

/** See AUTONOMY (b) and (d): process death in 2 s, a silent host in 10 s, both without a false `gone`. */
export const DEFAULT_WITNESS_OPTIONS: WitnessOptions = {
  // Two witnesses wait 3 s, three 1.8 s, four 1 s; below 1 s a refutation cannot cross the mesh.
  suspicion: { minMs: 1_000, maxMs: 5_000, wanted: 3 },
  // Three retransmissions of a lost packet fit; longer delays the silent host, shorter accuses the busy one.
  probeTimeoutMs: 1_500,
  // A relay's own probe and the way there and back.
  relayTimeoutMs: 3_000,
  // As long as the suspicion of two witnesses, so it costs no time; at 25 % loss one handshake of 25 takes longer.
  lookTimeoutMs: 3_000,
  // From so long after the suspicion up to twice as long, each observer at another time: a refutation has crossed the
  // mesh by then, and whoever looks first and fails is the second witness for all the others.
  loneLookMs: 5_000,
  relays: 2,
  maxAttempts: 3,
  // In a cut those who could tell are often on the other side, still connected and silent; a ping later they are not.
  askAgainMs: 10_000,
  // With fewer, an observer looks for itself before it believes: the others may be those who are cut off.
  witnessesWithoutLook: 4,
  // The witnesses of one death speak within a ping of each other; what is older is about another trouble. Without this,
  // who does not hear refutations of a member would add up what it heard against it over hours.
  lapseMs: 15_000,
  // All times are multiplied by one more than the strain, as Lifeguard does; beyond, deaths would be noticed too late.
  maxStrain: 4,
  strainMs: 600_000,
  // Ticks come every second; five that are missing mean that this process stood still.
  freezeMs: 5_000,
  // Cluster Autoscaler's rule, AUTONOMY (b) "Dead worker".
  sickShare: 0.45,
  sickCount: 3,
  // "At once": expiries of one cut spread over a refresh and a lifetime.
  sickWindowMs: DEFAULT_TTL_MS + 30_000,
  keepMs: 24 * 60 * 60_000,
  maxPeers: 4_096,
}

/** An observer that knows nobody yet. */
export function initialWitness(
  self: PeerId,
  cloud: string,
  now: number,
  options = DEFAULT_WITNESS_OPTIONS,
): WitnessState {
  return {
    self,
    cloud,
    errands: new Map(),
    options,
    peers: new Map(),
    connected: new Set(),
    probes: 0,
    strain: 0,
    relaxAt: now,
    seenAt: now,
    sickAbout: new Set(),
    calm: undefined,
  }
}

/** How a member looks from here; undefined when it was never heard of or is forgotten. */
export function statusOf(state: WitnessState, peer: PeerId): MemberStatus | undefined {
  return state.peers.get(peer)?.status
}

/** A time of the options as this observer uses it now. @see Lifeguard, local health multiplier */
export function strained(state: WitnessState, ms: number): number {
  return ms * (1 + state.strain)
}

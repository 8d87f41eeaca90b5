import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import type { AdmissionGate } from '../network/network-host.ts'
import type { Dialer } from './dialer.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'

/** Finds a connection to a peer, or makes one. */
export interface Reach {
  /**
   * One on which both admit each other.
   *
   * @throws {MeshError} unreachable; refused - one of the two does not admit the other
   */
  member(peer: PeerId, addresses: readonly string[], signal: AbortSignal): Promise<Session>
  /** The same through no relay, whatever there is already. @throws {MeshError} as `member` */
  directMember(peer: PeerId, addresses: readonly string[], signal: AbortSignal): Promise<Session>
  /** Any. @throws {MeshError} unreachable */
  anybody(peer: PeerId, addresses: readonly string[], signal: AbortSignal): Promise<Session>
  /** Something has changed between this node and the peer. */
  changed(peer: PeerId): void
}

/** What it stands on. */
export interface ReachParts {
  readonly cluster: string
  readonly gate: AdmissionGate
  readonly sessions: Sessions
  readonly dialer: Dialer
}

/** For one cluster. */
export function createReach({ cluster, gate, sessions, dialer }: ReachParts): Reach {
  const waiting = new Map<PeerId, Set<() => void>>()
  const next = (peer: PeerId, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const here = waiting.get(peer) ?? new Set()
      waiting.set(peer, here)
      const done = () => {
        here.delete(done)
        if (here.size === 0 && waiting.get(peer) === here) waiting.delete(peer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      here.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  const dialFirst = async (peer: PeerId, addresses: readonly string[], signal: AbortSignal) => {
    if (sessions.of(peer).length === 0) await dialer.connect(peer, addresses, signal)
    // Refused before, it may be welcome now.
    const refused = sessions.of(peer).filter((one) => one.outcome(cluster) === 'refused')
    await Promise.all(refused.map((one) => one.recheck(cluster)))
  }
  /** Waits for the greeting on one of the wanted connections. */
  const greeted = async (peer: PeerId, signal: AbortSignal, isWanted: (session: Session) => boolean) => {
    for (;;) {
      const standing = sessions.standing(peer, cluster)
      if (standing !== undefined && isWanted(standing)) return standing
      const open = sessions.of(peer).filter(isWanted)
      if (open.length === 0) throw new MeshError('unreachable', `The connection to ${peer} was closed`)
      if (open.every((one) => one.outcome(cluster) === 'refused')) {
        throw new MeshError('refused', `${peer} and this node do not admit each other`)
      }
      if (signal.aborted) throw new MeshError('unreachable', `${peer} has not greeted this node in time`)
      await next(peer, signal)
    }
  }
  const mustBeMember = () => {
    if (gate.hello() === undefined) throw new MeshError('refused', 'This node is no member yet')
  }
  return {
    async member(peer, addresses, signal) {
      const ready = sessions.standing(peer, cluster)
      if (ready !== undefined) return ready
      mustBeMember()
      await dialFirst(peer, addresses, signal)
      return greeted(peer, signal, () => true)
    },
    async directMember(peer, addresses, signal) {
      mustBeMember()
      await dialer.connectDirectly(peer, addresses, signal)
      return greeted(peer, signal, ({ isRelayed }) => !isRelayed)
    },
    async anybody(peer, addresses, signal) {
      if (sessions.of(peer).length === 0) await dialer.connect(peer, addresses, signal)
      const open = sessions.of(peer)
      const found = open.find(({ isRelayed }) => !isRelayed) ?? open[0]
      if (found === undefined) throw new MeshError('unreachable', `The connection to ${peer} was closed`)
      return found
    },
    changed(peer) {
      for (const done of [...(waiting.get(peer) ?? [])]) done()
    },
  }
}

import type { Connection } from '@libp2p/interface'
import type { PeerId } from '../admission/membership.ts'
import type { Session } from './session.ts'

/** All open connections of a host. */
export interface Sessions {
  add(session: Session): void
  remove(session: Session): void
  find(connection: Connection): Session | undefined
  of(peer: PeerId): readonly Session[]
  all(): readonly Session[]
  /** The connection to a peer on which both admit each other in a cluster: a direct one before a relayed, then the oldest. */
  standing(peer: PeerId, cluster: string): Session | undefined
  /** Of them, those of which no cluster wants to know; the oldest first. */
  strangers(): readonly Session[]
}

/** No connection is open. */
export function createSessions(): Sessions {
  const byConnection = new Map<string, Session>()
  const byPeer = new Map<PeerId, readonly Session[]>()
  const of = (peer: PeerId) => byPeer.get(peer) ?? []
  return {
    add(session) {
      byConnection.set(session.connection.id, session)
      byPeer.set(session.peer, [...of(session.peer), session])
    },
    remove(session) {
      byConnection.delete(session.connection.id)
      const left = of(session.peer).filter((one) => one !== session)
      if (left.length === 0) byPeer.delete(session.peer)
      else byPeer.set(session.peer, left)
    },
    find: ({ id }) => byConnection.get(id),
    of,
    all: () => [...byConnection.values()],
    standing(peer, cluster) {
      const standing = of(peer).filter((one) => one.outcome(cluster) === 'standing')
      return standing.find(({ isRelayed }) => !isRelayed) ?? standing[0]
    },
    strangers: () => [...byConnection.values()].filter((one) => !one.isStanding()),
  }
}

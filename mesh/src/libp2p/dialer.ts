import type { Libp2p } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Log } from '@muster/runtime/log.ts'
import type { PeerId } from '../admission/membership.ts'
import { MeshError } from '../fault.ts'
import { isRelayedAddress } from './addresses.ts'
import { MAX_DIALED_ADDRESSES, MAX_KNOWN_PEERS } from './limits.ts'

/** Opens connections to peers, and knows where they were last. */
export interface Dialer {
  /**
   * Resolves when a connection stands; who may speak on it is another question.
   *
   * @param addresses - multiaddrs; those that are remembered when empty
   * @throws {MeshError} unreachable
   */
  connect(peer: PeerId, addresses: readonly string[], signal: AbortSignal): Promise<void>
  /**
   * Resolves when another connection stands, which goes through no relay, whatever there is already.
   *
   * @param addresses - multiaddrs; those that lead through a relay are left out
   * @throws {MeshError} unreachable
   */
  connectDirectly(peer: PeerId, addresses: readonly string[], signal: AbortSignal): Promise<void>
}

/** Remembers the addresses of so many peers, those dialed last. */
export function createDialer(libp2p: Libp2p, log: Log): Dialer {
  const known = new Map<PeerId, readonly Multiaddr[]>()
  const remember = (peer: PeerId, addresses: readonly Multiaddr[]) => {
    known.delete(peer)
    known.set(peer, addresses)
    const [oldest] = known.keys()
    if (known.size > MAX_KNOWN_PEERS && oldest !== undefined) known.delete(oldest)
  }
  const dial = async (
    peer: PeerId,
    targets: readonly Multiaddr[],
    options: { signal: AbortSignal; force?: boolean },
  ) => {
    if (targets.length === 0) throw new MeshError('unreachable', `No address of ${peer} is known`)
    try {
      await libp2p.dial([...targets], options)
    } catch (cause) {
      log.debug({ peer, addresses: targets.map(String), error: cause }, 'dial failed')
      throw new MeshError('unreachable', `No connection to ${peer}`, { cause })
    }
  }
  return {
    async connect(peer, addresses, signal) {
      const given = dialable(peer, addresses)
      if (given.length > 0) remember(peer, given)
      await dial(peer, given.length > 0 ? given : (known.get(peer) ?? []), { signal })
    },
    async connectDirectly(peer, addresses, signal) {
      const direct = dialable(
        peer,
        addresses.filter((address) => !isRelayedAddress(address)),
      )
      await dial(peer, direct, { signal, force: true })
    },
  }
}

/** The addresses that can be used, each ending in the peer; others of the list are left out. */
export function dialable(peer: PeerId, addresses: readonly string[]): readonly Multiaddr[] {
  const usable = addresses.flatMap((address) => addressOf(peer, address) ?? [])
  return usable.slice(0, MAX_DIALED_ADDRESSES)
}

function addressOf(peer: PeerId, address: string): Multiaddr | undefined {
  try {
    const parts = multiaddr(address).getComponents()
    const last = parts.at(-1)
    if (last === undefined) return undefined
    if (last.name !== 'p2p') return multiaddr(address).encapsulate(`/p2p/${peer}`)
    return last.value === peer ? multiaddr(address) : undefined
  } catch {
    // Addresses come from other members: one that cannot be read is no reason not to try the next.
    return undefined
  }
}

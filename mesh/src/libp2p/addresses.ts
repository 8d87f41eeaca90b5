import type { NetworkInterfaceInfo } from 'node:os'

/** Networks of containers on this machine: each machine that runs such programs has the same addresses there. */
const CONTAINER_BRIDGE = /^(docker|podman|cni|lxcbr|lxdbr|cilium_|flannel|cali)|^br-[0-9a-f]{12}$/

/** What the system says of its interfaces. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/**
 * Those of a list of own multiaddrs at which others may reach this node, best first, without the own peer. Addresses that
 * mean something on this machine only are left out, as long as there are others.
 */
export function reachableAddresses(addresses: readonly string[], interfaces: Interfaces): readonly string[] {
  const all = [...new Set(addresses.map(withoutSelf))]
  const inner = containerAddresses(interfaces)
  const outside = all.filter((address) => !isLocal(address))
  const reachable = outside.filter((address) => !inner.has(hostOf(address)))
  // A node that listens at the loopback only is meant to be reached there.
  const best = [reachable, outside].find((some) => some.length > 0) ?? all
  return best.toSorted((left, right) => rankOf(left) - rankOf(right))
}

function containerAddresses(interfaces: Interfaces): ReadonlySet<string> {
  const bridges = Object.entries(interfaces).filter(([name]) => CONTAINER_BRIDGE.test(name))
  return new Set(bridges.flatMap(([, entries]) => (entries ?? []).map(({ address }) => address)))
}

/** IP address or name that a multiaddr begins with. */
function hostOf(address: string): string {
  return address.split('/')[2] ?? ''
}

/** `/ip4/…/tcp/…/p2p/SELF` and `/…/p2p/RELAY/p2p-circuit/p2p/SELF` without their end. */
function withoutSelf(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, '')
}

function isLocal(address: string): boolean {
  return /^\/ip4\/127\.|^\/ip6\/(::1|fe80:[^/]*)\//.test(address)
}

/** Whether a multiaddr leads through a relay. */
export function isRelayedAddress(address: string): boolean {
  return address.includes('/p2p-circuit')
}

/** Direct before relayed; IPv4 before IPv6, which fewer networks have. */
function rankOf(address: string): number {
  if (isRelayedAddress(address)) return 2
  return address.startsWith('/ip6/') ? 1 : 0
}

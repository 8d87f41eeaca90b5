/** Those of a list of own multiaddrs at which others may reach this node, best first, without the own peer. */
export function reachableAddresses(addresses: readonly string[]): readonly string[] {
  const all = [...new Set(addresses.map(withoutSelf))]
  const reachable = all.filter((address) => !isLocal(address))
  // A node that listens at the loopback only is meant to be reached there.
  return (reachable.length > 0 ? reachable : all).toSorted((left, right) => rankOf(left) - rankOf(right))
}

/** `/ip4/…/tcp/…/p2p/SELF` and `/…/p2p/RELAY/p2p-circuit/p2p/SELF` without their end. */
function withoutSelf(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, '')
}

function isLocal(address: string): boolean {
  return /^\/ip4\/127\.|^\/ip6\/(::1|fe80:[^/]*)\//.test(address)
}

/** Direct before relayed; IPv4 before IPv6, which fewer networks have. */
function rankOf(address: string): number {
  if (address.includes('/p2p-circuit')) return 2
  return address.startsWith('/ip6/') ? 1 : 0
}

import { isIPv6 } from 'node:net'

/**
 * The network of an address for counting tries: /24 of IPv4, /64 of IPv6, since one person has many addresses there.
 * IPv4 mapped into IPv6 counts as IPv4. What is not an address is its own network.
 */
export function networkOf(address: string): string {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
  const v4 = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(plain)
  if (v4 !== null) return `${v4[1]}.0/24`
  return isIPv6(plain) ? `${expandGroups(plain).slice(0, 4).join(':')}::/64` : plain
}

/** The eight groups of an IPv6 address without leading zeros; a dotted tail is left as it is, beyond the first four. */
function expandGroups(address: string): readonly string[] {
  const [head = '', tail] = address.toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  if (tail === undefined) return left.map(shorten)
  const right = tail === '' ? [] : tail.split(':')
  const missing = Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array.from({ length: missing }, () => '0'), ...right].map(shorten)
}

function shorten(group: string): string {
  return group.replace(/^0+(?=.)/, '')
}

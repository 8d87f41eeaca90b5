import { networkInterfaces } from 'node:os'
import type { TreeReader } from './small-file.ts'

/** Addresses of the machine as others may see it. */
export interface NetworkFacts {
  /** The one used towards the outside first; no loopback or link-local ones. At most 16. */
  readonly addresses: readonly string[]
  /** Hardware address of the interface that leads outside. */
  readonly mac: string | undefined
}

/** The same limit as on the wire. */
const MAX_ADDRESSES = 16

/** Reads interfaces and the default routes; starts no program. */
export async function readNetworkFacts(reader: TreeReader): Promise<NetworkFacts> {
  const [ipv4, ipv6] = await Promise.all([reader.read('/proc/net/route'), reader.read('/proc/net/ipv6_route')])
  const outside = defaultInterface(ipv4 ?? '') ?? defaultInterface6(ipv6 ?? '')
  const entries = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).filter((entry) => !entry.internal).map((entry) => ({ name, ...entry })),
  )
  const rank = (entry: (typeof entries)[number]) => (entry.name === outside ? 0 : 2) + (entry.family === 'IPv4' ? 0 : 1)
  const usable = entries
    .filter((entry) => !isLinkLocal(entry.address))
    .toSorted((left, right) => rank(left) - rank(right))
  return {
    addresses: usable.slice(0, MAX_ADDRESSES).map((entry) => entry.address),
    mac: usable[0]?.mac ?? entries[0]?.mac,
  }
}

/** Interface of the default route with the smallest metric, from the text of `/proc/net/route`. */
export function defaultInterface(text: string): string | undefined {
  const routes = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1] === '00000000' && columns[7] === '00000000')
  return routes.toSorted((left, right) => Number(left[6]) - Number(right[6]))[0]?.[0]
}

/** The same from `/proc/net/ipv6_route`, where numbers are hexadecimal and the name comes last. */
export function defaultInterface6(text: string): string | undefined {
  const routes = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => /^0{32}$/.test(columns[0] ?? '') && columns[1] === '00' && columns[9] !== 'lo')
  return routes.toSorted(
    (left, right) => Number.parseInt(left[5] ?? '', 16) - Number.parseInt(right[5] ?? '', 16),
  )[0]?.[9]
}

/** Addresses that reach no further than the next switch, of both families. */
export function isLinkLocal(address: string): boolean {
  return /^(169\.254\.|fe[89ab][0-9a-f]:)/i.test(address)
}

import { networkInterfaces } from 'node:os'
import type { TreeReader } from './small-file.ts'

/** Addresses of the machine as others may see it. */
export interface NetworkFacts {
  /** The one used towards the outside first; no loopback or link-local ones. At most 16. */
  readonly addresses: readonly string[]
  /** Hardware address of the interface that leads outside. */
  readonly mac: string | undefined
  /** Name of the interface that leads outside; undefined without a default route. */
  readonly outside: string | undefined
  /** All that could lead outside, with or without an address; at most 4. */
  readonly cards: readonly NetworkCard[]
}

/** A network card, or what a virtual machine has in its place. */
export interface NetworkCard {
  readonly name: string
  readonly mac: string | undefined
  /** Whether something is at the other end of its cable; undefined while it is switched off or not known. */
  readonly isConnected: boolean | undefined
}

/** The same limit as on the wire. */
const MAX_ADDRESSES = 16
/** As many as a person can compare with what is in front of him. */
const MAX_CARDS = 4

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
  const cards = await readCards(reader)
  return {
    addresses: usable.slice(0, MAX_ADDRESSES).map((entry) => entry.address),
    mac: usable[0]?.mac ?? entries[0]?.mac ?? cards[0]?.mac,
    outside,
    cards,
  }
}

/** Interfaces that are down have no entry among those with addresses: they are read from the kernel's own lists. */
async function readCards(reader: TreeReader): Promise<readonly NetworkCard[]> {
  const names = cardNames((await reader.read('/proc/net/dev')) ?? '').slice(0, MAX_CARDS)
  return Promise.all(
    names.map(async (name) => {
      const [mac, carrier] = await Promise.all([
        reader.read(`/sys/class/net/${name}/address`),
        reader.read(`/sys/class/net/${name}/carrier`),
      ])
      const isConnected = carrier === undefined ? undefined : carrier.trim() === '1'
      return { name, mac: mac?.trim() || undefined, isConnected }
    }),
  )
}

/** Interfaces of software, which lead nowhere by themselves. */
const INSIDE = /^(lo|docker|veth|virbr|br-|tun|tap|dummy|sit|ip6tnl|gre|gretap|erspan|tunl|teql|ifb|bonding_)/

/** Names in `/proc/net/dev` of what could be a network card. */
export function cardNames(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => /^\s*([^\s:]+):/.exec(line)?.[1] ?? '')
    .filter((name) => name !== '' && !INSIDE.test(name))
}

/** What of a network decides whether others can be reached: equal texts, nothing has changed. */
export function networkMark({ addresses, outside }: NetworkFacts): string {
  return JSON.stringify([outside ?? '', addresses])
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

import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { defaultInterface, isLinkLocal } from '../facts/network-facts.ts'

/**
 * The address under which programs of other machines use this one: the first IPv4 address of the interface that leads
 * outside, or else of any; IPv6 where there is none. Undefined on a machine that has loopback alone. Read anew each time:
 * addresses come and go.
 */
export function firstUserAddress(): string | undefined {
  const outside = defaultInterface(routes())
  const found = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? [])
      .filter(({ internal, address }) => !internal && !isLinkLocal(address))
      .map(({ address, family }) => ({
        address,
        rank: (family === 'IPv4' ? 0 : 2) + (name === outside ? 0 : 1),
      })),
  )
  return found.toSorted((left, right) => left.rank - right.rank)[0]?.address
}

/** A few lines from memory of the kernel: quicker read than waited for. */
function routes(): string {
  try {
    return readFileSync('/proc/net/route', 'utf8')
  } catch {
    return ''
  }
}

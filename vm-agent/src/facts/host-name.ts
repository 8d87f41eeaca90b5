import { hostname as kernelHostname } from 'node:os'
import type { TreeReader } from './small-file.ts'

/** Short and full name of a machine. */
export interface HostName {
  readonly hostname: string
  /** Equals `hostname` when no domain is known. */
  readonly fqdn: string
}

const FALLBACK = 'localhost'

/**
 * Name of the running machine, or of the tree by its own files. The domain comes from `/etc/hosts`; the name service
 * is not asked, since it may take seconds to fail on a machine that is just coming up.
 */
export async function readHostName(reader: TreeReader, root: string): Promise<HostName> {
  const [own, hosts] = await Promise.all([reader.read('/etc/hostname'), reader.read('/etc/hosts')])
  const full = (root === '/' ? kernelHostname() : firstWord(own)) || FALLBACK
  const hostname = full.split('.')[0] || FALLBACK
  return { hostname, fqdn: full.includes('.') ? full : (qualifiedName(hosts ?? '', hostname) ?? hostname) }
}

/** Name with a domain that a hosts file gives to a short name. */
export function qualifiedName(hosts: string, hostname: string): string | undefined {
  for (const line of hosts.split('\n')) {
    const names = (line.split('#')[0] ?? '').trim().split(/\s+/).slice(1)
    const found = names.find((name) => name.toLowerCase().startsWith(`${hostname.toLowerCase()}.`))
    if (found !== undefined) return found
  }
  return undefined
}

function firstWord(text: string | undefined): string {
  const line = (text ?? '').split('\n').find((candidate) => !/^\s*(#|$)/.test(candidate))
  return line?.trim().split(/\s/)[0] ?? ''
}

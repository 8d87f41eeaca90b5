import { isIP } from 'node:net'
import { hostPort } from '@muster/mesh/directory/render.ts'
import type { FieldDecoder } from '@muster/runtime/config.ts'

/** Where a server of this machine listens. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Where DNS is answered when nothing else is said: a loopback address that no resolver takes for itself. */
export const DEFAULT_DNS: Endpoint = { host: '127.53.53.53', port: 53 }

/** Decodes `off`, `127.0.0.1:9100` or `[::1]:9100`: who is on this machine may ask, and nobody else. */
export const loopbackEndpoint: FieldDecoder<Endpoint | 'off'> = (value) => {
  if (value === 'off') return { value }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value) ?? []
  const host = bracketed ?? plain ?? ''
  const isLoopback = isIP(host) === 4 ? host.startsWith('127.') : host === '::1'
  if (!isLoopback || Number(port) > 65_535) {
    return { problem: 'must be off, or a loopback address with a port like 127.0.0.1:9100' }
  }
  return { value: { host, port: Number(port) } }
}

/** Decodes what `loopbackEndpoint` does, and `auto`: the agent decides by what it may do. */
export const dnsEndpoint: FieldDecoder<Endpoint | 'auto' | 'off'> = (value) =>
  value === 'auto' ? { value } : loopbackEndpoint(value)

/**
 * Where DNS is answered. `auto` means the usual place on a machine of one's own, and nowhere below another root or
 * without root's rights: port 53 takes those, and there is one per machine.
 */
export function chooseDnsEndpoint(
  setting: Endpoint | 'auto' | 'off',
  machine: { readonly root: string; readonly isPrivileged: boolean },
): Endpoint | undefined {
  if (setting === 'auto') return machine.root === '/' && machine.isPrivileged ? DEFAULT_DNS : undefined
  return setting === 'off' ? undefined : setting
}

/** `host:port`, an IPv6 address in brackets. */
export function endpointText({ host, port }: Endpoint): string {
  return hostPort(host, port)
}

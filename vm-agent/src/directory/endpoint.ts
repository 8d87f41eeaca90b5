import { isIP } from 'node:net'
import type { FieldDecoder } from '@muster/runtime/config.ts'

/** Where a server of this machine listens. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Where DNS is answered when nothing else is said: a loopback address that no resolver takes for itself. */
export const DEFAULT_DNS: Endpoint = { host: '127.53.53.53', port: 53 }

/** `off`, or a loopback address with a port: who is on this machine may ask, and nobody else. */
export type ListenSetting = 'auto' | 'off' | Endpoint

/** Decodes `auto`, `off`, `127.0.0.1:9100` or `[::1]:9100`. */
export const decodeListen: FieldDecoder<ListenSetting> = (value) => {
  if (value === 'auto' || value === 'off') return { value }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value) ?? []
  const host = bracketed ?? plain ?? ''
  const isLoopback = isIP(host) === 4 ? host.startsWith('127.') : host === '::1'
  if (!isLoopback || Number(port) > 65_535) {
    return { problem: 'must be off or a loopback address with a port, like 127.0.0.1:9100' }
  }
  return { value: { host, port: Number(port) } }
}

/** `host:port`, an IPv6 address in brackets. */
export function endpointText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

import type { Answer } from './resolve.ts'

/** Most services that are written out. */
const MAX_RENDERED_SERVICES = 256
/** What an address may be made of; anything else is not written where a shell may read it. */
const ADDRESS = /^[A-Za-z0-9.:_-]{1,64}$/

/** Services with their answers, best first. */
export type ServiceList = readonly { readonly service: string; readonly answers: readonly Answer[] }[]

/**
 * The best answer of each service as an environment file: `MUSTER_SERVICE_NAME_ADDRESS`, and for each port
 * `MUSTER_SERVICE_NAME_PORTNAME=host:port`. Names in capitals, `-` as `_`. Values need no quotes: an address with any
 * character that would is left out.
 */
export function renderEnvironment(services: ServiceList): string {
  const lines: string[] = []
  for (const { service, answers } of services.slice(0, MAX_RENDERED_SERVICES)) {
    const best = answers.find(({ address }) => ADDRESS.test(address))
    if (best === undefined) continue
    const prefix = `MUSTER_SERVICE_${variableName(service)}`
    lines.push(`${prefix}_ADDRESS=${best.address}`)
    for (const { name, port } of best.ports)
      lines.push(`${prefix}_${variableName(name)}=${hostPort(best.address, port)}`)
  }
  return lines.map((line) => `${line}\n`).join('')
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function variableName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_')
}

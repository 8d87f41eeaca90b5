/** A place where a peer is reached: the multiaddr without the PeerId at its end, and that PeerId. */
export interface PeerAddress {
  readonly address: string
  readonly peer: string | undefined
}

/** Longest multiaddr that is read. */
const MAX_CHARS = 256
const PEER_ID = /^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/
const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/

/** What stands first, by protocol: where the connection goes. */
const HOSTS: Readonly<Record<string, (value: string) => boolean>> = {
  ip4: (value) => IPV4.test(value),
  ip6: isIpv6,
  dns: (value) => HOST_NAME.test(value),
  dns4: (value) => HOST_NAME.test(value),
  dns6: (value) => HOST_NAME.test(value),
}

/** Whether a text has the form of the PeerId of an Ed25519 key, `12D3Koo…`. */
export function isPeerIdText(text: string): boolean {
  return PEER_ID.test(text)
}

/** Whether a text is an IP address of either family, without brackets or zone. */
export function isIpAddress(text: string): boolean {
  return IPV4.test(text) || isIpv6(text)
}

/**
 * Reads a multiaddr over tcp: `/ip4/192.0.2.7/tcp/4001`, also `/ip6/…` and `/dns/…`, with `/p2p/PEER` at its end if need be;
 * or through a relay, `/ip4/…/tcp/…/p2p/RELAY/p2p-circuit/p2p/PEER`.
 *
 * @returns undefined for anything else
 */
export function readMultiaddr(text: string): PeerAddress | undefined {
  if (text.length > MAX_CHARS || !text.startsWith('/')) return undefined
  const [direct = '', through, ...more] = text.split('/p2p-circuit')
  if (more.length > 0) return undefined
  const near = readDirect(direct)
  if (near === undefined) return undefined
  if (through === undefined) return near
  // A relay has to be named, or nobody could prove to be it.
  if (near.peer === undefined) return undefined
  const far = through === '' ? undefined : /^\/p2p\/([^/]+)$/.exec(through)?.[1]
  if (through !== '' && (far === undefined || !isPeerIdText(far))) return undefined
  return { address: `${direct}/p2p-circuit`, peer: far }
}

function readDirect(text: string): PeerAddress | undefined {
  const [, protocol = '', host = '', transport, port = '', p2p, peer = '', ...more] = text.split('/')
  if (HOSTS[protocol]?.(host) !== true || transport !== 'tcp' || more.length > 0) return undefined
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return undefined
  const address = `/${protocol}/${host}/tcp/${port}`
  if (p2p === undefined) return { address, peer: undefined }
  return p2p === 'p2p' && isPeerIdText(peer) ? { address, peer } : undefined
}

function isIpv6(text: string): boolean {
  return /^[0-9A-Fa-f:.]{2,45}$/.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`)
}

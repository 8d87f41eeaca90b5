import { Socket } from 'node:net'
import type { MultiaddrConnection } from '@libp2p/interface'

/** libp2p's TCP connections hold their socket, though their type does not say so; relayed ones have none. */
export function socketOf(connection: MultiaddrConnection): Socket | undefined {
  return 'socket' in connection && connection.socket instanceof Socket ? connection.socket : undefined
}

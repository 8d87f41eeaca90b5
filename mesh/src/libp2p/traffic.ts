import type { Socket } from 'node:net'
import type { MultiaddrConnection } from '@libp2p/interface'
import type { TrafficCounts } from '../network/network-host.ts'
import { socketOf } from './socket-of.ts'

/** Counts what goes through the sockets of a host. */
export interface Traffic {
  /** A connection that is just being made. */
  watch(connection: MultiaddrConnection): void
  counts(): TrafficCounts
}

/** Relayed connections have no socket of their own; what they carry counts with that of their relay. */
export function createTraffic(): Traffic {
  const open = new Set<Socket>()
  let receivedBytes = 0
  let sentBytes = 0
  return {
    watch(connection) {
      const socket = socketOf(connection)
      if (socket === undefined || open.has(socket)) return
      open.add(socket)
      socket.once('close', () => {
        open.delete(socket)
        receivedBytes += socket.bytesRead
        sentBytes += socket.bytesWritten
      })
    },
    counts() {
      const sockets = [...open]
      return {
        receivedBytes: sockets.reduce((sum, { bytesRead }) => sum + bytesRead, receivedBytes),
        sentBytes: sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, sentBytes),
      }
    },
  }
}

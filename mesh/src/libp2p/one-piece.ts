import type { MultiaddrConnection } from '@libp2p/interface'
import { socketOf } from './socket-of.ts'

/**
 * Hands what is sent in one turn to the system in one piece. Encryption makes a packet of a length, several parts and a
 * tag, and libp2p writes each by itself: that is a call of the system and a packet of the network for 2 bytes.
 */
export function sendInOnePiece(connection: MultiaddrConnection): void {
  const socket = socketOf(connection)
  if (socket === undefined) return
  const send = connection.send.bind(connection)
  let isHeld = false
  connection.send = (data) => {
    if (!isHeld) {
      isHeld = true
      socket.cork()
      process.nextTick(() => {
        isHeld = false
        socket.uncork()
      })
    }
    return send(data)
  }
}

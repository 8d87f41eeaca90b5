import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { systemClock } from '@muster/runtime/clock.ts'

/**
 * `datagram-stream.ts receive`: prints a line for each datagram, `NUMBER MS` with the time that it was on its way.
 * `datagram-stream.ts send ADDRESS`: sends numbered ones there until it is ended. Both must be on one machine: they
 * compare times of its one clock.
 */
const PORT = 9_000
const SEND_EVERY_MS = 4

/** Milliseconds of the clock that all processes of this machine share, and that never jumps. */
function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

async function receive(): Promise<void> {
  const socket = createSocket('udp4')
  socket.on('message', (datagram) => {
    const [number = '', sentAt = ''] = datagram.toString().split(' ')
    process.stdout.write(`${number} ${machineTime() - Number(sentAt)}\n`)
  })
  socket.bind(PORT)
  await once(socket, 'listening')
  process.stdout.write('listening\n')
}

async function send(address: string): Promise<never> {
  const socket = createSocket('udp4')
  for (let number = 0; ; number += 1) {
    socket.send(`${number} ${machineTime()}`, PORT, address)
    await systemClock.sleep(SEND_EVERY_MS)
  }
}

const [task, address = ''] = process.argv.slice(2)
await (task === 'send' ? send(address) : receive())

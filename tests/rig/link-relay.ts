import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type Clock, systemClock } from '@muster/runtime/clock.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { gatewayOf } from './gateway-address.ts'
import { createHeldFrames } from './held-frames.ts'
import { delaysOf, type LinkRule } from './link-rule.ts'

/**
 * `link-relay.ts SEED TAP…`: carries frames between TAP devices, the first of which leads to gateway 1, by the rule that
 * is the last line of its standard input. Prints the number of rules so far when one is in force; ends with its input.
 */

/** Frames under way: more than senders have out before they wait for answers. */
const CAPACITY = 4_096
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
const FRAME_PORT = 7_000
const TAP_PORT = 7_500

/** One end of the link. */
interface Tap {
  send(frame: Uint8Array): void
  onFrame(listener: (frame: Buffer) => void): void
  close(): Promise<void>
}

interface Departure {
  readonly to: Tap
  readonly frame: Uint8Array
}

/** Node cannot make TAP devices its own; socat can, and passes their frames on as datagrams. */
async function openTap(device: string, number: number): Promise<Tap> {
  const socket: Socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES })
  socket.bind(FRAME_PORT + number, '127.0.0.1')
  await once(socket, 'listening')
  const own = `UDP4-DATAGRAM:127.0.0.1:${FRAME_PORT + number},bind=127.0.0.1:${TAP_PORT + number}`
  const tap = `TUN,tun-type=tap,iff-no-pi,tun-name=${device}`
  const socat: ChildProcess = spawn('socat', [tap, own], { stdio: ['ignore', 'ignore', 'inherit'] })
  // Without one of its ends the link is not what a test believes it to be.
  socat.on('exit', () => process.exit(1)).on('error', () => process.exit(1))
  return {
    send: (frame) => socket.send(frame, TAP_PORT + number, '127.0.0.1'),
    onFrame: (listener) => void socket.on('message', listener),
    async close() {
      const ended = once(socat.removeAllListeners('exit'), 'exit')
      socat.kill()
      await ended
    },
  }
}

/** Holds frames and lets them go when they are due, never earlier. */
function createDepartures(clock: Clock) {
  const held = createHeldFrames<Departure>({ capacity: CAPACITY })
  let wake = new AbortController()
  return {
    hold(departure: Departure, delayMs: number) {
      const next = held.nextAt() ?? Number.POSITIVE_INFINITY
      const at = clock.monotonic() + delayMs
      if (held.hold(departure, at) && at < next) wake.abort()
    },
    async run(): Promise<never> {
      for (;;) {
        for (const { to, frame } of held.takeDue(clock.monotonic())) to.send(frame)
        wake = new AbortController()
        const wait = (held.nextAt() ?? Number.POSITIVE_INFINITY) - clock.monotonic()
        await clock.sleep(wait, wake.signal).catch(() => undefined)
      }
    },
  }
}

async function main([seed = '', ...devices]: readonly string[]): Promise<void> {
  const taps: Tap[] = []
  const end = async () => {
    await Promise.all(taps.map((tap) => tap.close()))
    process.exit(0)
  }
  process.once('SIGTERM', () => void end())
  const departures = createDepartures(systemClock)
  let rule: LinkRule | undefined
  for (const [index, device] of devices.entries()) {
    const tap = await openTap(device, index + 1)
    taps.push(tap)
    // Each direction draws for itself, so that what happens to a frame does not depend on those of the others.
    const random = createSeededRandom(Number(seed) + index)
    tap.onFrame((frame) => {
      const to = taps[gatewayOf(frame) - 1]
      if (to === undefined || rule === undefined) return
      for (const delayMs of delaysOf(rule, random)) departures.hold({ to, frame }, delayMs)
    })
  }
  void departures.run()
  let rules = 0
  for await (const line of createInterface({ input: process.stdin })) {
    rule = JSON.parse(line) as LinkRule
    rules += 1
    process.stdout.write(`rules: ${rules}\n`)
  }
  await end()
}

await main(process.argv.slice(2))

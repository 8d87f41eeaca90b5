// A member in a process of its own: says where it is, then does nothing. It admits everybody.
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { createLibp2pHost } from '../../src/libp2p/create-host.ts'

const host = await createLibp2pHost({
  seed: systemRandom.bytes(32),
  options: { listen: ['/ip4/127.0.0.1/tcp/0'], announce: [], isMulticastEnabled: false, isRelay: false, relays: [] },
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
})
const gate = {
  hello: () => ({ certificate: `certificate of ${host.self}`, definitionVersion: 1 }),
  admit: async () => undefined,
  isAdmitted: () => true,
  receive: async () => ({ verdict: 'ignore' }) as const,
}
host.attach('clu_test', gate, () => undefined)
process.stdout.write(`${JSON.stringify({ peer: host.self, addresses: host.addresses() })}\n`)

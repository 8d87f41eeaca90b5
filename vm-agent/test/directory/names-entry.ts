import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { systemClock } from '@muster/runtime/clock.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { runServices } from '@muster/runtime/service.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { namesCheck } from '@muster/vm-agent/cli/doctor-names.ts'
import { createControlService } from '@muster/vm-agent/directory/control-service.ts'
import { createDnsService } from '@muster/vm-agent/directory/dns-service.ts'
import { DEFAULT_DNS, type Endpoint } from '@muster/vm-agent/directory/endpoint.ts'
import { createCluster } from './cluster.ts'

/*
 * Runs in namespaces of its own, where /etc/resolv.conf names the agent and the root is empty: what programs of the
 * system find goes to standard output.
 */
const [, , root = ''] = process.argv
const { mesh, state } = createCluster(createVirtualClock())
state('ann', 'squid', { address: '10.0.0.1' })
state('ann', 'six', { address: 'fd00::1' })
const stopper = new AbortController()
const listening = Promise.withResolvers<Endpoint>()
const parts = { clock: systemClock, random: systemRandom, log: silentLog }
const services = runServices(
  [
    createControlService({ ...parts, mesh, runtimeDirectory: `${root}/run/muster` }),
    createDnsService({ ...parts, lookup: mesh, listen: DEFAULT_DNS, onListening: listening.resolve }),
  ],
  { signal: stopper.signal, stopTimeoutMs: 5_000, clock: systemClock, log: silentLog },
)
await listening.promise
const subject = { root, stateDirectory: root, coordinatorUrl: undefined, dnsListen: DEFAULT_DNS, path: '' }
const report = {
  four: await getent('squid.service.muster'),
  six: await getent('six.service.muster'),
  nobody: await getent('nobody.service.muster'),
  doctor: await namesCheck.run({ ...subject, clock: systemClock, signal: stopper.signal }),
}
stopper.abort()
await services
process.stdout.write(JSON.stringify(report))

async function getent(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)('getent', ['ahosts', name]).catch(() => ({ stdout: 'not found' }))
  return stdout === 'not found' ? stdout : (stdout.split(/\s+/)[0] ?? '')
}

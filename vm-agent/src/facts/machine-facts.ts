import { availableParallelism, hostname, totalmem, uptime } from 'node:os'
import type { MachineFacts } from '@muster/contexts/wire/pairings.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import { AGENT_VERSION } from './agent-version.ts'
import { readHostName } from './host-name.ts'
import { readNetworkFacts } from './network-facts.ts'
import { decodeProductUuid } from './product-uuid.ts'
import { type FactsOptions, machineName, readOsRelease } from './read-facts.ts'
import { createTreeReader } from './small-file.ts'

const MIB = 1024 * 1024

/**
 * What an unpaired machine tells about itself, cut to the limits of the wire. Unlike the facts of a plan, those of a
 * tree include the addresses of the host: a person shall recognize where the agent runs.
 *
 * @throws `signal.reason` when aborted
 */
export async function readMachineFacts(deps: { readonly clock: Clock }, options: FactsOptions): Promise<MachineFacts> {
  const reader = createTreeReader(options.root, options.signal)
  const kernel = createTreeReader('/', options.signal)
  const [name, os, network, machineUuid, image] = await Promise.all([
    readHostName(reader, options.root),
    readOsRelease(reader),
    readNetworkFacts(kernel),
    // Readable by root alone.
    kernel.read('/sys/class/dmi/id/product_uuid').then(decodeProductUuid),
    reader.read('/etc/muster/image'),
  ])
  const imageName = cut((image ?? '').split('\n')[0]?.trim() || os.image, 200)
  return {
    // A tree without a name is told by where the agent runs.
    hostname: cut(name.fqdn === 'localhost' ? hostname() || name.fqdn : name.fqdn, 253),
    os: cut(os.name || 'unknown system', 200),
    architecture: cut(machineName(), 50),
    cpus: availableParallelism(),
    memoryMiB: Math.max(1, Math.floor(totalmem() / MIB)),
    addresses: network.addresses.map((address) => cut(address, 64)),
    ...(network.mac === undefined ? {} : { mac: network.mac }),
    ...(machineUuid === undefined ? {} : { machineUuid }),
    ...(imageName === '' ? {} : { image: imageName }),
    agentVersion: AGENT_VERSION,
    bootedAt: isoTime(Math.round(deps.clock.now() - uptime() * 1000)),
  }
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : text.slice(0, maxLength)
}

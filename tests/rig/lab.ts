import { type RunningProgram, startProgram } from '../program.ts'
import { createBackbone } from './backbone.ts'
import { createLabFaults, endFaults, gatewayRules, hostRules } from './lab-faults.ts'
import type { LinkRule } from './link-rule.ts'
import { inNamespace, ip, sweepNamespaces } from './namespaces.ts'
import type { RigHost } from './rig-host.ts'

/** A network segment of the lab: a bridge with a gateway to the others. */
export interface LabCloud {
  readonly name: string
  /** Its hosts reach the other clouds, which cannot open connections to them. @default false */
  readonly isBehindNat?: boolean
}

/** A machine of the lab: a network namespace with one address. */
export interface LabHost extends RigHost {
  readonly namespace: string
  /** Bytes that arrived at its network card since it was made, everything included. */
  receivedBytes(): number
}

/** Machines in clouds with faults between them. */
export interface Lab {
  addHost(cloud: string, name: string): LabHost
  /** Share of packets lost at each host's card, 0 to 1. */
  setLoss(share: number): void
  /** Nothing arrives at `to` from `from`. */
  cutOneWay(from: LabHost, to: LabHost): void
  /** The host is there, but nothing goes in or out. */
  unplug(host: LabHost): void
  /** The clouds do not reach each other any more; inside each all is well. */
  splitClouds(): void
  /**
   * What the link between the clouds does to each frame, in each direction; undefined: nothing, as at the start. Other
   * faults come on top. See `slowLinkMissing`.
   */
  setLink(rule: LinkRule | undefined): Promise<void>
  /** Ends all faults; the link stays as it is. */
  heal(): void
  /** Stops what was started and removes everything. */
  remove(): Promise<void>
}

let labs = 0

/**
 * Makes a lab: each cloud is a bridge in a namespace that routes to those of the other clouds, over a link that can be
 * slow; each host is a namespace of its own. Nothing of it is visible outside. Needs root; see `labMissing`.
 */
export function createLab(clouds: readonly LabCloud[]): Lab {
  sweepNamespaces()
  labs += 1
  const prefix = `muster-${process.pid}-${labs}-`
  const gateways = clouds.map((_, index) => `${prefix}gateway${index + 1}`)
  const hosts: LabHost[] = []
  const programs: RunningProgram[] = []
  const faults = createLabFaults()
  for (const [index, gateway] of gateways.entries()) makeGateway(gateway, index + 1)
  const backbone = createBackbone(`${prefix}backbone`, gateways)
  const applyHost = (host: LabHost) => inNamespace(host.namespace, 'nft -f -', hostRules(host.name, faults))
  const applyGateways = () => {
    for (const [index, { isBehindNat = false }] of clouds.entries()) {
      inNamespace(gateways[index] ?? '', 'nft -f -', gatewayRules({ isBehindNat }, faults))
    }
  }
  applyGateways()
  return {
    addHost(cloud, name) {
      const subnet = clouds.findIndex((each) => each.name === cloud) + 1
      if (subnet === 0) throw new Error(`the lab has no cloud ${cloud}`)
      const address = `10.77.${subnet}.${10 + hosts.filter((host) => host.cloud === cloud).length}`
      const namespace = `${prefix}${name}`
      makeHost({ namespace, gateway: gateways[subnet - 1] ?? '', address, subnet, number: hosts.length })
      const host: LabHost = {
        name,
        cloud,
        address,
        isApart: true,
        namespace,
        start(program, args, options) {
          const running = startProgram('ip', ['netns', 'exec', namespace, program, ...args], options)
          programs.push(running)
          return running
        },
        receivedBytes: () => Number(inNamespace(namespace, 'cat /sys/class/net/eth0/statistics/rx_bytes')),
      }
      hosts.push(host)
      applyHost(host)
      return host
    },
    setLoss(share) {
      faults.loss = share
      for (const host of hosts) applyHost(host)
    },
    cutOneWay(from, to) {
      const deaf = faults.deaf.get(to.name) ?? new Set()
      faults.deaf.set(to.name, deaf.add(from.address))
      applyHost(to)
    },
    unplug(host) {
      faults.unplugged.add(host.name)
      applyHost(host)
    },
    splitClouds() {
      faults.isSplit = true
      applyGateways()
    },
    setLink: backbone.setRule,
    heal() {
      endFaults(faults)
      for (const host of hosts) applyHost(host)
      applyGateways()
    },
    async remove() {
      await Promise.all(programs.map((program) => stopProgram(program)))
      await backbone.stop()
      const namespaces = [...hosts.map(({ namespace }) => namespace), ...gateways, backbone.namespace]
      ip(namespaces.map((namespace) => `netns del ${namespace}`))
    },
  }
}

/** A frozen program would not hear that it is to stop. */
async function stopProgram(program: RunningProgram): Promise<void> {
  program.child.kill('SIGCONT')
  await program.stop()
}

function makeGateway(gateway: string, subnet: number): void {
  ip([`netns add ${gateway}`])
  const bridge = [
    'link add lan type bridge mcast_snooping 0',
    `address add 10.77.${subnet}.1/24 dev lan`,
    'link set lan up',
  ]
  ip(['link set lo up', ...bridge], gateway)
  inNamespace(gateway, 'echo 1 > /proc/sys/net/ipv4/ip_forward')
}

function makeHost(host: {
  readonly namespace: string
  readonly gateway: string
  readonly address: string
  readonly subnet: number
  readonly number: number
}): void {
  const { namespace, gateway, address, subnet, number } = host
  const veth = `link add eth0 netns ${namespace} type veth peer name port${number} netns ${gateway}`
  ip([`netns add ${namespace}`, veth])
  ip([`link set port${number} master lan up`], gateway)
  const own = ['link set lo up', `address add ${address}/24 dev eth0`, 'link set eth0 up']
  // Multicast needs a route as well; the default one will do.
  ip([...own, `route add default via 10.77.${subnet}.1`], namespace)
}

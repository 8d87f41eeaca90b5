import { type RunningProgram, startProgram } from '../program.ts'
import { inNamespace, ip, sweepNamespaces } from './namespaces.ts'
import type { RigHost } from './rig-host.ts'

/** A network segment of the lab: a bridge, routed to the others. */
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
  /** Ends all faults. */
  heal(): void
  /** Stops what was started and removes everything. */
  remove(): Promise<void>
}

interface Faults {
  loss: number
  isSplit: boolean
  readonly unplugged: Set<string>
  /** Addresses that are not heard, by host. */
  readonly deaf: Map<string, Set<string>>
}

let labs = 0

/**
 * Makes a lab: one namespace routes between bridges, one for each cloud; each host is a namespace of its own.
 * Nothing of it is visible outside. Needs root; see `labMissing`.
 */
export function createLab(clouds: readonly LabCloud[]): Lab {
  sweepNamespaces()
  labs += 1
  const prefix = `muster-${process.pid}-${labs}-`
  const router = `${prefix}router`
  const hosts: LabHost[] = []
  const programs: RunningProgram[] = []
  const faults: Faults = { loss: 0, isSplit: false, unplugged: new Set(), deaf: new Map() }
  makeRouter(router, clouds)
  const applyHost = (host: LabHost) => inNamespace(host.namespace, 'nft -f -', hostRules(host, faults))
  const applyRouter = () => inNamespace(router, 'nft -f -', routerRules(clouds, faults))
  applyRouter()
  return {
    addHost(cloud, name) {
      const subnet = clouds.findIndex((each) => each.name === cloud) + 1
      if (subnet === 0) throw new Error(`the lab has no cloud ${cloud}`)
      const address = `10.77.${subnet}.${10 + hosts.filter((host) => host.cloud === cloud).length}`
      const namespace = `${prefix}${name}`
      makeHost({ namespace, router, address, subnet, number: hosts.length })
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
      applyRouter()
    },
    heal() {
      faults.loss = 0
      faults.isSplit = false
      faults.unplugged.clear()
      faults.deaf.clear()
      for (const host of hosts) applyHost(host)
      applyRouter()
    },
    async remove() {
      await Promise.all(programs.map((program) => stopProgram(program)))
      ip([...hosts.map(({ namespace }) => `netns del ${namespace}`), `netns del ${router}`])
    },
  }
}

/** A frozen program would not hear that it is to stop. */
async function stopProgram(program: RunningProgram): Promise<void> {
  program.child.kill('SIGCONT')
  await program.stop()
}

function makeRouter(router: string, clouds: readonly LabCloud[]): void {
  ip([`netns add ${router}`])
  const lines = clouds.flatMap((_, index) => [
    `link add br${index + 1} type bridge mcast_snooping 0`,
    `address add 10.77.${index + 1}.1/24 dev br${index + 1}`,
    `link set br${index + 1} up`,
  ])
  ip(['link set lo up', ...lines], router)
  inNamespace(router, 'echo 1 > /proc/sys/net/ipv4/ip_forward')
}

function makeHost(host: {
  readonly namespace: string
  readonly router: string
  readonly address: string
  readonly subnet: number
  readonly number: number
}): void {
  const { namespace, router, address, subnet, number } = host
  const veth = `link add eth0 netns ${namespace} type veth peer name port${number} netns ${router}`
  ip([`netns add ${namespace}`, veth])
  ip([`link set port${number} master br${subnet} up`], router)
  const own = ['link set lo up', `address add ${address}/24 dev eth0`, 'link set eth0 up']
  // Multicast needs a route as well; the default one will do.
  ip([...own, `route add default via 10.77.${subnet}.1`], namespace)
}

/** Everything at once, so that a change of faults is one step for the kernel. */
function hostRules(host: LabHost, { loss, unplugged, deaf }: Faults): string {
  const rules: string[] = []
  if (unplugged.has(host.name)) rules.push('iifname eth0 drop')
  for (const address of deaf.get(host.name) ?? []) rules.push(`ip saddr ${address} drop`)
  if (loss >= 1) rules.push('iifname eth0 drop')
  else if (loss > 0) rules.push(`iifname eth0 numgen random mod 10000 < ${Math.ceil(loss * 9_999)} drop`)
  const out = unplugged.has(host.name) ? ['oifname eth0 drop'] : []
  return tableOf([
    ['input', rules],
    ['output', out],
  ])
}

function routerRules(clouds: readonly LabCloud[], { isSplit }: Faults): string {
  const bridges = clouds.map((_, index) => `br${index + 1}`)
  const forward: string[] = isSplit ? bridges.map((bridge) => `iifname ${bridge} oifname != ${bridge} drop`) : []
  const masquerade: string[] = []
  for (const [index, cloud] of clouds.entries()) {
    if (cloud.isBehindNat !== true) continue
    forward.push(`iifname != br${index + 1} oifname br${index + 1} ct state new drop`)
    masquerade.push(`iifname br${index + 1} oifname != br${index + 1} masquerade`)
  }
  const nat = `chain nat { type nat hook postrouting priority 100; ${masquerade.join('; ')}; }`
  return tableOf([['forward', forward]], masquerade.length === 0 ? '' : nat)
}

function tableOf(chains: readonly (readonly [hook: string, rules: readonly string[]])[], more = ''): string {
  const texts = chains.map(
    ([hook, rules]) =>
      `chain ${hook} { type filter hook ${hook} priority 0; ${rules.map((rule) => `${rule}; `).join('')}}`,
  )
  return `table inet faults\ndelete table inet faults\ntable inet faults {\n${[...texts, more].join('\n')}\n}\n`
}

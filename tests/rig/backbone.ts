import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hasProgram } from '../capabilities.ts'
import { PROJECT_ROOT, type RunningProgram, startProgram } from '../program.ts'
import { until } from '../until.ts'
import { cardAddress } from './gateway-address.ts'
import { type LinkRule, netemOptions } from './link-rule.ts'
import { inNamespace, ip } from './namespaces.ts'

/** What joins the gateways of clouds: a segment on which each has the card `wan`. */
export interface Backbone {
  readonly namespace: string
  /** Each frame between clouds is treated by the rule from now on; undefined: passed on at once. */
  setRule(rule: LinkRule | undefined): Promise<void>
  /** Stops what was started. */
  stop(): Promise<void>
}

/** The same frames are lost, of the same ones sent. */
const SEED = 1

/** Address of a gateway on the backbone. @param gateway - number of its cloud, from 1 */
export function wanAddress(gateway: number): string {
  return `10.76.0.${gateway}`
}

/** Joins gateways. @param gateways - their namespaces; the first is that of cloud 1 */
export function createBackbone(namespace: string, gateways: readonly string[]): Backbone {
  const numbers = gateways.map((_, index) => index + 1)
  ip([`netns add ${namespace}`])
  ip(['link set lo up', 'link add core type bridge mcast_snooping 0', 'link set core up'], namespace)
  for (const [index, gateway] of gateways.entries()) {
    ip([`link add up${index + 1} netns ${namespace} type veth peer name wan netns ${gateway}`])
    ip([`link set up${index + 1} master core up`], namespace)
    ip(wanCommands(index + 1, numbers), gateway)
  }
  const link = hasNetem() ? createNetemLink(gateways) : createRelayedLink(namespace, numbers)
  return { namespace, ...link }
}

/** Neighbors are told, so that nothing but traffic of hosts crosses the link. */
function wanCommands(gateway: number, all: readonly number[]): readonly string[] {
  const others = all.filter((other) => other !== gateway)
  return [
    `link set wan address ${cardAddress(gateway)} addrgenmode none`,
    `address add ${wanAddress(gateway)}/24 dev wan`,
    'link set wan up',
    ...others.flatMap((other) => [
      `neigh add ${wanAddress(other)} lladdr ${cardAddress(other)} dev wan nud permanent`,
      `route add 10.77.${other}.0/24 via ${wanAddress(other)}`,
    ]),
  ]
}

/** The kernel's own emulation, of what each gateway sends. */
function createNetemLink(gateways: readonly string[]): Omit<Backbone, 'namespace'> {
  return {
    async setRule(rule) {
      const command =
        rule === undefined
          ? 'tc qdisc del dev wan root 2> /dev/null || true'
          : `tc qdisc replace dev wan root netem ${netemOptions(rule)}`
      for (const gateway of gateways) inNamespace(gateway, command)
    },
    stop: async () => undefined,
  }
}

/**
 * For kernels without netem. With a rule each card of a gateway leads to a TAP device of its own, between which
 * `link-relay.ts` carries the frames; without one, all lead to the same bridge.
 */
function createRelayedLink(namespace: string, gateways: readonly number[]): Omit<Backbone, 'namespace'> {
  let relay: RunningProgram | undefined
  let rules = 0
  const start = async () => {
    const making = gateways.flatMap((gateway) => [
      `tuntap add dev tap${gateway} mode tap`,
      `link add hub${gateway} type bridge mcast_snooping 0`,
      `link set tap${gateway} master hub${gateway} addrgenmode none up`,
      `link set hub${gateway} addrgenmode none up`,
    ])
    ip(making, namespace)
    const argv = [join(PROJECT_ROOT, 'tests/rig/link-relay.ts'), `${SEED}`, ...gateways.map((number) => `tap${number}`)]
    const started = startProgram('ip', ['netns', 'exec', namespace, process.execPath, ...argv], { isStdinOpen: true })
    relay = started
    const carriers = () => inNamespace(namespace, 'cat /sys/class/net/tap*/carrier').split('\n')
    await until('the ends of the slow link', () => {
      if (started.child.exitCode !== null) throw new Error(`the relay of the slow link ended: ${started.stderr()}`)
      return carriers().includes('0') ? undefined : true
    })
    return started
  }
  const lead = (to: (gateway: number) => string) =>
    ip(
      gateways.map((gateway) => `link set up${gateway} master ${to(gateway)}`),
      namespace,
    )
  return {
    async setRule(rule) {
      if (rule === undefined) return lead(() => 'core')
      const running = relay ?? (await start())
      running.child.stdin?.write(`${JSON.stringify(rule)}\n`)
      rules += 1
      await until('the rule of the slow link', () =>
        running.stdout().includes(`rules: ${rules}\n`) ? true : undefined,
      )
      lead((gateway) => `hub${gateway}`)
    },
    async stop() {
      await relay?.stop()
    },
  }
}

let isNetemKnown: boolean | undefined

/** Whether the kernel emulates links itself. */
function hasNetem(): boolean {
  isNetemKnown ??= probeNetem()
  return isNetemKnown
}

function probeNetem(): boolean {
  const probe = `muster-${process.pid}-0-netem`
  ip([`netns add ${probe}`])
  try {
    const argv = ['netns', 'exec', probe, 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms']
    return spawnSync('ip', argv).status === 0
  } finally {
    ip([`netns del ${probe}`])
  }
}

/** Why links cannot be slow here, where labs can be made; undefined when they can. */
export function slowLinkMissing(): string | undefined {
  if (hasNetem()) return undefined
  if (!existsSync('/dev/net/tun')) return 'slow links need netem of the kernel, or its TAP devices'
  return hasProgram('socat') ? undefined : 'slow links need the program socat of Debian package socat'
}

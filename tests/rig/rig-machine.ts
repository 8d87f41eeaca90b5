import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FILES } from '@muster/mesh/keeping/kept-files.ts'
import { askAgent } from '@muster/vm-agent/directory/ask-agent.ts'
import type { MembersMessage, ServicesMessage, TraceLine } from '@muster/vm-agent/directory/control-messages.ts'
import { PROJECT_ROOT, type RunningProgram } from '../program.ts'
import type { RigHost } from './rig-host.ts'

/** Names below `service.muster` are answered here, in the host's own network. */
export const DNS_ADDRESS = '127.0.0.53'

/** Where a machine stands in its cluster. */
export interface RigPlace {
  readonly service: string
  readonly cloud: string
  readonly slot: number
  readonly generation: number
}

/** A machine of a cluster: `muster-agent run` on a host, with a root directory of its own. */
export interface RigMachine {
  readonly name: string
  readonly host: RigHost
  readonly root: string
  readonly place: RigPlace
  program(): RunningProgram
  start(): void
  /** `kill -9`. */
  kill(): Promise<void>
  /** Asks it to stop and waits for its end. */
  stop(): Promise<void>
  /** As its control socket tells; undefined while that does not answer. */
  members(): Promise<MembersMessage | undefined>
  services(): Promise<ServicesMessage | undefined>
  trace(): Promise<readonly TraceLine[]>
  /** Told of each entry of its trace from now on, until the signal aborts or the agent ends. */
  followTrace(listener: (entry: TraceLine) => void, signal: AbortSignal): Promise<void>
  /** Drops what it remembers of others; it must not run. */
  forgetPeers(): void
}

/** What a machine is made from. */
export interface RigMachineParts {
  readonly host: RigHost
  readonly place: RigPlace
  readonly folder: string
  readonly cluster: string
  /** The `[muster]` section. */
  readonly section: string
  /** Program and first arguments. @default the launcher of this checkout */
  readonly agent?: readonly string[]
}

const ASK_LIMIT_MS = 10_000

/** Writes its join file and starts it. */
export function createRigMachine(parts: RigMachineParts): RigMachine {
  const { host, place, folder } = parts
  const root = join(folder, host.name)
  const stateDirectory = join(root, 'var/lib/muster')
  const at = { runtimeDirectory: join(root, 'run/muster'), stateDirectory }
  mkdirSync(join(root, 'etc/muster'), { recursive: true })
  writeFileSync(join(root, 'etc/muster/join.conf'), sectionFor(host, parts.section), { mode: 0o600 })
  const [program = '', ...leading] = parts.agent ?? [join(PROJECT_ROOT, 'bin/muster-agent')]
  const dns = host.isApart ? ['--dns-listen', `${DNS_ADDRESS}:53`] : []
  const args = [...leading, 'run', '--root', root, '--console', 'none', ...dns]
  let running = host.start(program, args)

  /** The first answer; undefined while the agent starts or stands still. */
  const first = async <T>(ask: (signal: AbortSignal) => AsyncGenerator<T>): Promise<T | undefined> => {
    try {
      for await (const answer of ask(AbortSignal.timeout(ASK_LIMIT_MS))) return answer
    } catch {
      if (running.child.exitCode !== null) throw new Error(`the agent of ${host.name} ended:\n${running.stderr()}`)
    }
    return undefined
  }

  return {
    name: host.name,
    host,
    root,
    place,
    program: () => running,
    start() {
      running = host.start(program, args)
    },
    async kill() {
      await running.stop('SIGKILL')
    },
    async stop() {
      await running.stop()
    },
    members: () => first((signal) => askAgent(at, { v: 1, ask: 'members', follow: 'no' }, signal)),
    services: () => first((signal) => askAgent(at, { v: 1, ask: 'services', follow: 'no' }, signal)),
    async trace() {
      const said = await first((signal) => askAgent(at, { v: 1, ask: 'trace', follow: 'no' }, signal))
      return said?.entries ?? []
    },
    async followTrace(listener, signal) {
      for await (const { entries } of askAgent(at, { v: 1, ask: 'trace', follow: 'changes' }, signal)) {
        for (const entry of entries) listener(entry)
      }
    },
    forgetPeers() {
      rmSync(join(stateDirectory, 'mesh', parts.cluster, FILES.remembered), { force: true })
    },
  }
}

/** On loopback each host has an address, and no user finds it by the network's cards. */
function sectionFor({ isApart, address }: RigHost, section: string): string {
  if (isApart) return section
  return `${section}listen = /ip4/${address}/tcp/0\nmdns = off\naddress = ${address}\n`
}

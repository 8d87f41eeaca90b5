import { hasProgram } from '../capabilities.ts'
import type { RunningProgram } from '../program.ts'
import { until } from '../until.ts'
import type { Fleet, FleetNotice } from './fleet.ts'
import type { LabHost } from './lab.ts'

/** Why serf cannot be measured here; undefined when it can. */
export function serfMissing(): string | undefined {
  return hasProgram('serf') ? undefined : 'the program serf of Debian package serf'
}

const MEMBER = /EventMember(Join|Failed): (\S+)/
const USER_EVENT = /agent: Received event: user-event: (\S+)/

/** Agents of serf with its settings for local networks, as it comes. What they log is what they tell. */
export function createSerfFleet(): Fleet {
  const programs = new Map<string, RunningProgram>()
  const listeners = new Set<(notice: FleetNotice) => void>()
  let seed: LabHost | undefined
  let events = 0
  const listen = (observer: string, program: RunningProgram) => {
    let rest = ''
    program.child.stdout?.on('data', (text: string) => {
      const at = performance.now()
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const notice of lines.flatMap((line) => noticeOf(line, observer, at))) {
        for (const listener of listeners) listener(notice)
      }
    })
  }
  return {
    name: 'serf',
    get pids() {
      return new Map([...programs].map(([name, { pid }]) => [name, pid]))
    },
    async start(host) {
      const join = seed === undefined ? [] : [`-retry-join=${seed.address}`]
      seed ??= host
      const own = [`-node=${host.name}`, `-bind=${host.address}:7946`, `-rpc-addr=${host.address}:7373`]
      const program = host.start('serf', ['agent', ...own, '-profile=lan', '-log-level=debug', ...join])
      listen(host.name, program)
      programs.set(host.name, program)
      await until('serf to be up', () => (program.stdout().includes('Serf agent running') ? true : undefined))
    },
    async announce(host) {
      events += 1
      const name = `muster-bench-${events}`
      const { code, stderr } = await host.start('serf', ['event', `-rpc-addr=${host.address}:7373`, name]).ended
      if (code !== 0) throw new Error(`serf event ended with ${code}: ${stderr}`)
      return name
    },
    onNotice(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    stop: async () => undefined,
  }
}

function noticeOf(line: string, observer: string, at: number): readonly FleetNotice[] {
  const member = MEMBER.exec(line)
  if (member !== null) {
    return [{ type: member[1] === 'Join' ? 'joined' : 'dead', observer, about: member[2] ?? '', at }]
  }
  const event = USER_EVENT.exec(line)
  return event === null ? [] : [{ type: 'event', observer, about: event[1] ?? '', at }]
}

import type { PeerId } from '../admission/membership.ts'
import type { ProbeTarget } from '../directory/probes.ts'
import type { NodeCore } from './core.ts'
import { timesOf } from './core.ts'
import { specOf } from './own-service.ts'
import { createProber, type Prober } from './prober.ts'
import { tell } from './tell.ts'

const USER_PROBES_MS = 20_000
/** Instances of one service that are probed from here. */
const MAX_INSTANCES = 2
const MAX_SERVICES = 32

/** Probes the services that this machine uses, so that one that does not work from here is ranked last. */
export function createUserProber(core: NodeCore): Prober {
  return createProber({
    clock: core.parts.clock,
    everyMs: USER_PROBES_MS,
    perform: core.parts.performProbe,
    onResult(target, isOk) {
      const about = readId(target.id)
      if (about !== undefined) tell(core, { type: 'used', ...about, isOk })
    },
  })
}

/** What to probe: the best answers of services that are watched, and of others the first. Commands run at their owner only. */
export function userTargets(core: NodeCore): readonly ProbeTarget[] {
  const { member, roster } = core
  if (member === undefined || roster === undefined) return []
  const { services } = roster.definition()
  return member
    .services()
    .slice(0, MAX_SERVICES)
    .flatMap((service) => {
      const ports = services.find((each) => each.name === service)?.provides ?? []
      const count = core.watched.has(service) ? MAX_INSTANCES : 1
      const answers = member.resolve(service, timesOf(core)).slice(0, count)
      return (
        answers
          // What its owner finds failing is ranked last anyway. Counting that here would outlast the repair.
          .filter(({ owner, health }) => owner !== member.self && health !== 'failing')
          .flatMap(({ owner, address, ports: stated }) => {
            const port = ports.find(({ probe }) => probe?.type === 'tcp' || probe?.type === 'http')
            const at = stated.find(({ name }) => name === port?.name)
            const spec = port === undefined || at === undefined ? undefined : specOf(port, address, at.port)
            return spec === undefined ? [] : [{ id: `${service}/${owner}`, spec }]
          })
      )
    })
}

function readId(id: string): { readonly service: string; readonly owner: PeerId } | undefined {
  const [service, owner] = id.split('/')
  return service === undefined || owner === undefined ? undefined : { service, owner }
}

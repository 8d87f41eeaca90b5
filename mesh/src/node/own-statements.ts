import { MeshError } from '../fault.ts'
import type { MemberStatement } from '../member/messages.ts'
import { MAX_ADDRESSES, type PresencePayload, type ServicePayload } from '../records/payloads.ts'
import { DIRECTORY_PACE } from '../records/record.ts'
import type { NodeCore } from './core.ts'
import { addressOf, ownService } from './own-service.ts'
import { ownMembership } from './standing.ts'
import { tell } from './tell.ts'

const MAX_ADDRESS_BYTES = 128
const MAX_PROGRAM_BYTES = 24
/** The time of the last probe is stated anew with the refreshes, not with each probe. */
const RESTATE_MS = DIRECTORY_PACE.refreshMs

/** States what this node says of itself: its presence, its service, and what its program wants said. */
export interface OwnStatements {
  /** The same again changes nothing; call it whenever something may have changed. */
  restate(): void
}

/** Nothing stated yet. */
export function createOwnStatements(core: NodeCore): OwnStatements {
  let stated: ServicePayload | undefined
  const say = (statement: MemberStatement) => {
    try {
      tell(core, { type: 'state', statement })
    } catch (error) {
      if (!(error instanceof MeshError)) throw error
      core.parts.log.error({ error, kind: statement.kind }, 'Cannot state this to the cluster')
    }
  }
  return {
    restate() {
      const own = ownMembership(core)
      if (own === undefined || core.member === undefined || core.hasLeft) return
      const { cloud } = own.slot
      say({ kind: 'presence', subject: '', payload: presenceOf(core, cloud) })
      const service = ownService(core)
      const address = addressOf(core)
      if (service !== undefined && address !== undefined) {
        stated = serviceOf(core, { cloud, address, ports: portsOf(service.provides ?? []) }, stated)
        say({ kind: 'service', subject: service.name, payload: stated })
      }
      for (const statement of core.statements.values()) say(statement)
    },
  }
}

function presenceOf(core: NodeCore, cloud: string): PresencePayload {
  const { host, program } = core.parts
  const addresses = host.addresses().filter((address) => Buffer.byteLength(address) <= MAX_ADDRESS_BYTES)
  const address = addressOf(core)
  return {
    cloud,
    state: core.state,
    addresses: addresses.slice(0, MAX_ADDRESSES),
    program: Buffer.from(program).subarray(0, MAX_PROGRAM_BYTES).toString(),
    ...(address === undefined ? {} : { address }),
  }
}

type Place = Pick<ServicePayload, 'cloud' | 'address' | 'ports'>

function serviceOf(core: NodeCore, place: Place, before: ServicePayload | undefined): ServicePayload {
  const { health, probedAt } = core.health
  const isSame = before?.health === health && before.address === place.address
  const isRecent = probedAt !== undefined && probedAt - (before?.probedAt ?? 0) < RESTATE_MS
  const said = isSame && isRecent ? before.probedAt : probedAt
  return { ...place, health, ...(said === undefined ? {} : { probedAt: said }) }
}

function portsOf(ports: readonly { readonly name: string; readonly port: number }[]): ServicePayload['ports'] {
  return ports.map(({ name, port }) => ({ name, port }))
}

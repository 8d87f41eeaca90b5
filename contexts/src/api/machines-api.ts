import { API_BASE, type Page, pageOf } from '../wire/common.ts'
import { Machine, type MachineChange, type MachineStatus } from '../wire/machines.ts'
import type { PageOptions } from './paging.ts'
import type { CallOptions, Requester, Tagged } from './requester.ts'

/** Paired machines of the asking account, and the report of a machine itself. */
export interface MachinesApi {
  list(options?: PageOptions): Promise<Page<Machine>>
  get(machineId: string, options?: CallOptions): Promise<Tagged<Machine>>
  change(machineId: string, change: MachineChange, etag: string, options?: CallOptions): Promise<Tagged<Machine>>
  /** Forgets the machine; its token is dead. */
  forget(machineId: string, options?: CallOptions): Promise<void>
  /** The machine itself, with its own token. @throws {ApiError} not-signed-in - its owner has forgotten it */
  report(status: MachineStatus, options?: CallOptions): Promise<void>
}

const PATH = `${API_BASE}/machines`
const MachinePage = pageOf(Machine)

/** `MachinesApi` over a requester. */
export function createMachinesApi({ send, run }: Requester): MachinesApi {
  const pathOf = (machineId: string) => `${PATH}/${encodeURIComponent(machineId)}`
  return {
    async list({ signal, ...query } = {}) {
      return (await send({ signal, method: 'GET', path: PATH, query, answer: MachinePage })).value
    },
    get: (machineId, options) => send({ ...options, method: 'GET', path: pathOf(machineId), answer: Machine }),
    change: (machineId, body, ifMatch, options) =>
      send({ ...options, method: 'PATCH', path: pathOf(machineId), body, ifMatch, answer: Machine }),
    async forget(machineId, options) {
      await run({ ...options, method: 'DELETE', path: pathOf(machineId) })
    },
    async report(body, options) {
      await run({ ...options, method: 'PUT', path: `${PATH}/self/status`, body })
    },
  }
}

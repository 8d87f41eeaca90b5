import type { ApiClient } from '@muster/contexts/api/client.ts'
import { allItems } from '@muster/contexts/api/paging.ts'
import type { Machine } from '@muster/contexts/wire/machines.ts'
import { CliError } from './cli-error.ts'
import type { CliWorld } from './world.ts'

/** All machines of the account, the newest first. */
export async function listMachines(world: CliWorld, api: ApiClient): Promise<readonly Machine[]> {
  return await allItems((page) => api.machines.list(page), { signal: world.signal })
}

/**
 * A machine by its id, or by its name when only one has it.
 *
 * @throws {CliError} not-found; usage - several machines have this name
 */
export async function findMachine(world: CliWorld, api: ApiClient, wanted: string): Promise<Machine> {
  const machines = await listMachines(world, api)
  const found = machines.filter(({ id, name }) => id === wanted || name === wanted)
  const [first, second] = found
  if (first === undefined) {
    throw new CliError('not-found', `You have no machine named "${wanted}"`, {
      hint: 'See them with "muster machine list".',
    })
  }
  if (second !== undefined) {
    const ids = found.map(({ id }) => id).join(', ')
    throw new CliError('usage', `Several machines are named "${wanted}"`, { hint: `Use an id: ${ids}` })
  }
  return first
}

/** Name and version of the context that a machine has, empty without one. */
export function describeContext({ status }: Machine): string {
  if (status.context === undefined) return ''
  const { name, version } = status.context
  return version === undefined ? name : `${name}@${version}`
}

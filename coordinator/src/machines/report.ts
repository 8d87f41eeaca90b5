import { isDeepStrictEqual } from 'node:util'
import type { MachineStatus } from '@muster/contexts/wire/machines.ts'
import { ApiError } from '../http/api-error.ts'
import type { Parts } from '../parts.ts'
import type { StoredMachine } from '../store/machines.ts'

/**
 * Takes down what a machine says of itself; an event tells when it differs from before.
 *
 * @throws {ApiError} not-signed-in — forgotten, or given a new token, meanwhile
 */
export async function reportStatus(parts: Parts, authenticated: StoredMachine, status: MachineStatus): Promise<void> {
  await parts.store.write(async (tx) => {
    const now = parts.clock.now()
    const machine = await tx.machines.byToken(authenticated.tokenHash)
    if (machine === undefined) throw new ApiError('not-signed-in')
    if (isDeepStrictEqual(machine.status, status)) return tx.machines.seen(machine.id, now)
    await tx.machines.update({ ...machine, status, lastSeenAt: now })
    const { state, context, progress, lastApply } = status
    await tx.events.append({
      accountId: machine.ownerId,
      at: now,
      type: 'machine-status',
      subject: machine.id,
      actor: machine.id,
      data: {
        name: machine.name,
        state,
        ...(context === undefined ? {} : { context: { name: context.name, version: context.version } }),
        ...(progress === undefined ? {} : { progress }),
        ...(lastApply === undefined ? {} : { outcome: lastApply.outcome }),
      },
    })
  })
}

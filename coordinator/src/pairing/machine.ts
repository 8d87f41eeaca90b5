import type { MachineFacts } from '@muster/contexts/wire/pairings.ts'
import { ApiError } from '../http/api-error.ts'
import type { Parts } from '../parts.ts'
import type { StoredPairing } from '../store/pairings.ts'
import type { Repositories } from '../store/repositories.ts'
import { hashToken, issueToken } from '../token.ts'

/** A machine with the token that it has from now on. */
export interface AdoptedMachine {
  readonly machineId: string
  readonly machineToken: string
}

/**
 * Gives the paired machine to its owner. A machine that the same owner paired before is recognized by its key and keeps
 * id and name; its earlier token is dead.
 *
 * @throws {ApiError} too-many; claim-ended — the machine of a completed pairing was forgotten meanwhile
 */
export async function adoptMachine(
  parts: Parts,
  tx: Repositories,
  pairing: StoredPairing,
  ownerId: string,
): Promise<AdoptedMachine> {
  const now = parts.clock.now()
  const machineToken = issueToken('msm', parts.random)
  const tokenHash = hashToken(machineToken)
  const known =
    pairing.machineId === null
      ? await tx.machines.byPublicKey(ownerId, pairing.agentPublicKey)
      : await tx.machines.find(ownerId, pairing.machineId)
  if (known === undefined && pairing.machineId !== null) throw new ApiError('claim-ended')
  if (known !== undefined) {
    const isRepeated = pairing.machineId !== null
    const fresh = isRepeated ? {} : { pairedAt: now, lastSeenAt: now, status: firstStatus(pairing.facts) }
    await tx.machines.update({ ...known, ...fresh, tokenHash })
    return { machineId: known.id, machineToken }
  }
  if ((await tx.machines.count(ownerId)) >= parts.limits.machinesPerAccount) throw new ApiError('too-many')
  const machineId = parts.ids('mch')
  await tx.machines.insert({
    id: machineId,
    ownerId,
    name: nameFrom(pairing.facts.hostname),
    publicKey: pairing.agentPublicKey,
    tokenHash,
    revision: 1,
    pairedAt: now,
    lastSeenAt: now,
    status: firstStatus(pairing.facts),
  })
  return { machineId, machineToken }
}

function firstStatus({ hostname, addresses, agentVersion }: MachineFacts) {
  return { state: 'paired' as const, hostname, addresses, agentVersion }
}

/** A display name from what the machine calls itself. */
function nameFrom(hostname: string): string {
  const name = Array.from(hostname, (letter) => (/[\p{Cc}@/]/u.test(letter) ? '-' : letter)).join('')
  return name.trim().slice(0, 100) || 'machine'
}

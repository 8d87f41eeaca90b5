import { join } from 'node:path'
import { AccountId } from '@muster/contexts/wire/accounts.ts'
import { Timestamp } from '@muster/contexts/wire/common.ts'
import { MachineId } from '@muster/contexts/wire/machines.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { damagedFile, readStateFile, removeStateFile, writeStateFile } from './state-file.ts'

/** What a paired machine remembers of its pairing. */
export interface PairingRecord {
  readonly coordinatorUrl: string
  readonly machineId: string
  /** Authenticates `/machines/self/…`. */
  readonly machineToken: string
  readonly owner: { readonly accountId: string; readonly login: string }
  /** Epoch milliseconds. */
  readonly pairedAt: number
}

/** Name of the record in the state directory, mode 0600. */
export const PAIRING_RECORD_FILE = 'machine.json'

const StoredRecord = Type.Object({
  version: Type.Literal(1),
  coordinatorUrl: Type.String({ minLength: 1, maxLength: 2000 }),
  machineId: MachineId,
  machineToken: Type.String({ minLength: 1, maxLength: 1000 }),
  owner: Type.Object({ accountId: AccountId, login: Type.String({ minLength: 1, maxLength: 100 }) }),
  pairedAt: Timestamp,
})

/**
 * Reads the record; undefined when the machine is not paired.
 *
 * @throws {AgentError} state-damaged, state-unusable
 */
export async function loadPairingRecord(stateDir: string): Promise<PairingRecord | undefined> {
  const path = join(stateDir, PAIRING_RECORD_FILE)
  const text = await readStateFile(path)
  if (text === undefined) return undefined
  const stored = parseJson(path, text)
  if (!Value.Check(StoredRecord, stored)) {
    const field = Value.Errors(StoredRecord, stored)[0]?.instancePath
    throw damagedFile(path, `${field === undefined || field === '' ? 'it' : field} is not as the agent writes it`)
  }
  const { version: _, pairedAt, ...rest } = stored
  return { ...rest, pairedAt: Date.parse(pairedAt) }
}

/** @throws {AgentError} state-unusable */
export async function savePairingRecord(stateDir: string, record: PairingRecord): Promise<void> {
  const stored = { version: 1, ...record, pairedAt: isoTime(record.pairedAt) }
  await writeStateFile(join(stateDir, PAIRING_RECORD_FILE), `${JSON.stringify(stored, undefined, 2)}\n`)
}

/** Forgets the pairing; what was applied stays. @throws {AgentError} state-unusable */
export async function dropPairingRecord(stateDir: string): Promise<void> {
  await removeStateFile(join(stateDir, PAIRING_RECORD_FILE))
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw damagedFile(path, 'it is not JSON', { cause })
  }
}

import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Timestamp } from '@muster/contexts/wire/common.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { ChangedEvidence, MachineEvidence } from './machine-evidence.ts'
import { damagedFile, readStateFile, writeStateFile } from './state-file.ts'

/** Of which machine a state directory is. */
export interface IdentityRecord {
  readonly evidence: MachineEvidence
  /** Epoch milliseconds: since when the directory is this machine's. */
  readonly since: number
  /** Set when the directory came with a copy of another machine's disk. */
  readonly clone: CloneNote | undefined
}

/** That a machine is a copy of another one. */
export interface CloneNote {
  /** Epoch milliseconds. */
  readonly noticedAt: number
  readonly changed: readonly ChangedEvidence[]
  /** False while what was the original's may still be there. */
  readonly isPutAway: boolean
}

/** Name of the record in the state directory, mode 0600. */
export const IDENTITY_FILE = 'identity.json'

const Known = Type.Union([Type.String({ minLength: 1, maxLength: 256 }), Type.Null()])
const Changed = Type.Union([Type.Literal('product-uuid'), Type.Literal('instance-id'), Type.Literal('machine-id')])
const Stored = Type.Object({
  version: Type.Literal(1),
  productUuid: Known,
  instanceId: Known,
  machineId: Known,
  since: Timestamp,
  clone: Type.Union([
    Type.Object({ noticedAt: Timestamp, changed: Type.Array(Changed), isPutAway: Type.Boolean() }),
    Type.Null(),
  ]),
})

/** Reads the record; undefined before the first start. @throws {AgentError} state-damaged, state-unusable */
export async function loadIdentity(stateDir: string): Promise<IdentityRecord | undefined> {
  const path = join(stateDir, IDENTITY_FILE)
  const text = await readStateFile(path)
  if (text === undefined) return undefined
  const stored = parseJson(path, text)
  if (!Value.Check(Stored, stored)) throw damagedFile(path, 'it is not as the agent writes it', { hint: hintFor(path) })
  const { productUuid, instanceId, machineId, since, clone } = stored
  return {
    evidence: {
      productUuid: productUuid ?? undefined,
      instanceId: instanceId ?? undefined,
      machineId: machineId ?? undefined,
    },
    since: Date.parse(since),
    clone: clone === null ? undefined : { ...clone, noticedAt: Date.parse(clone.noticedAt) },
  }
}

/** @throws {AgentError} state-unusable */
export async function saveIdentity(stateDir: string, { evidence, since, clone }: IdentityRecord): Promise<void> {
  const stored = {
    version: 1,
    productUuid: evidence.productUuid ?? null,
    instanceId: evidence.instanceId ?? null,
    machineId: evidence.machineId ?? null,
    since: isoTime(since),
    clone: clone === undefined ? null : { ...clone, noticedAt: isoTime(clone.noticedAt) },
  }
  await writeStateFile(join(stateDir, IDENTITY_FILE), `${JSON.stringify(stored, undefined, 2)}\n`)
}

/** Whether writing the second over the first would change anything. */
export function isSameRecord(left: IdentityRecord, right: IdentityRecord): boolean {
  return isDeepStrictEqual(left, right)
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw damagedFile(path, 'it is not JSON', { cause, hint: hintFor(path) })
  }
}

function hintFor(path: string): string {
  return `Remove ${path} if this machine is no copy of another; else remove agent.key, machine.json and mesh beside it too.`
}

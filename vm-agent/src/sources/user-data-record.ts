import { join } from 'node:path'
import { Timestamp } from '@muster/contexts/wire/common.ts'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { readStateText, writeStateText } from '../apply/state-text.ts'

/** Name of the record in the state directory, mode 0600. */
export const USER_DATA_FILE = 'user-data.json'
/** One for each instance that this machine has been; the oldest go. */
const MAX_ENTRIES = 16

const Words = Type.String({ maxLength: 2000 })
const Entry = Type.Object({
  /** As cloud-init names the instance; empty without a name. */
  instance: Type.String({ maxLength: 256 }),
  /** Of the context in the user-data, SHA-256. */
  digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  script: Type.Union([Type.Literal('agent'), Type.Literal('cloud-init')]),
  /** `begun`: the try has not ended, or is to be made again. */
  phase: Type.Union([Type.Literal('begun'), Type.Literal('applied'), Type.Literal('failed')]),
  tries: Type.Integer({ minimum: 1 }),
  at: Timestamp,
  /** Of the last try that failed. */
  problem: Type.Union([Type.Object({ message: Words, hint: Type.Union([Words, Type.Null()]) }), Type.Null()]),
})
const Stored = Type.Object({ version: Type.Literal(1), entries: Type.Array(Entry, { maxItems: 1000 }) })

/** What was done with one context of the user-data on one instance. */
export type UserDataEntry = Type.Static<typeof Entry>

/**
 * What was done, newest last. A record that cannot be understood counts as empty: the context is applied again, which
 * changes nothing and runs no script twice.
 *
 * @throws {ApplyError} not-permitted, write-failed - it cannot be read
 */
export async function readUserDataEntries(stateDirectory: string): Promise<readonly UserDataEntry[]> {
  const text = await readStateText(join(stateDirectory, USER_DATA_FILE))
  if (text === null) return []
  const stored = parsed(text)
  return Value.Check(Stored, stored) ? stored.entries : []
}

/** The entry of this context on this instance. */
export function entryOf(
  entries: readonly UserDataEntry[],
  key: Pick<UserDataEntry, 'instance' | 'digest'>,
): UserDataEntry | undefined {
  return entries.find(({ instance, digest }) => instance === key.instance && digest === key.digest)
}

/** Remembers an entry in place of an older one of the same context and instance. @throws {ApplyError} */
export async function writeUserDataEntry(stateDirectory: string, entry: UserDataEntry): Promise<void> {
  const before = await readUserDataEntries(stateDirectory)
  const others = before.filter((other) => entryOf([other], entry) === undefined)
  const stored = { version: 1, entries: [...others, entry].slice(-MAX_ENTRIES) }
  await writeStateText(join(stateDirectory, USER_DATA_FILE), `${JSON.stringify(stored, undefined, 2)}\n`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

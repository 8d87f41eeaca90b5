import { join } from 'node:path'
import { readStateText } from './state-text.ts'

/** Which scripts and once-only commands ran, by address, and for which context digest or script digest. */
export type RunLedger = ReadonlyMap<string, string>

/** File of the ledger below a state directory. */
export function ledgerPath(stateDirectory: string): string {
  return join(stateDirectory, 'runs.json')
}

/** Reads the ledger; one that cannot be understood counts as empty, so that scripts run again rather than never. */
export async function readLedger(stateDirectory: string): Promise<RunLedger> {
  return decodeLedger(await readStateText(ledgerPath(stateDirectory)))
}

/** The ledger in a text. */
export function decodeLedger(text: string | null): RunLedger {
  if (text === null) return new Map()
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return new Map()
    return new Map(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
  } catch {
    return new Map()
  }
}

/** The text of a ledger. */
export function encodeLedger(ledger: RunLedger): string {
  return `${JSON.stringify(Object.fromEntries(ledger), null, 2)}\n`
}

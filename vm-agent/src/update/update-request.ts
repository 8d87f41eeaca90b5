import { join } from 'node:path'
import { readStateFile, removeStateFile, writeStateFile } from '../identity/state-file.ts'

/** Name of the file in the state directory by which `muster-agent update` asks the running agent. */
const REQUEST_FILE = 'update.request'

/** Asks the running agent to look now. @param id - by which its answer is known */
export async function askForUpdate(stateDir: string, id: string): Promise<void> {
  await writeStateFile(join(stateDir, REQUEST_FILE), `${id}\n`)
}

/** The request that waits; asked once, it is taken. @throws {AgentError} state-unusable */
export async function takeUpdateRequest(stateDir: string): Promise<string | undefined> {
  const path = join(stateDir, REQUEST_FILE)
  const text = await readStateFile(path)
  if (text === undefined) return undefined
  await removeStateFile(path)
  return text.trim().slice(0, 100)
}

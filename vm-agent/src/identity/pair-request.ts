import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'
import { repeat } from '@muster/runtime/repeat.ts'
import type { Service } from '@muster/runtime/service.ts'
import { systemCode } from './agent-error.ts'
import { removeStateFile, writeStateFile } from './state-file.ts'

/** Name of the file in the state directory by which `muster-agent pair` asks the running agent for a new PIN. */
export const PAIR_REQUEST_FILE = 'pair.request'

/** How often the running agent looks. Higher: the person at the console waits longer. */
const LOOK_EVERY_MS = 1_000

/** Asks the running agent, or the next one. @throws {AgentError} state-unusable */
export async function askForPin(stateDir: string): Promise<void> {
  await writeStateFile(join(stateDir, PAIR_REQUEST_FILE), 'a new PIN\n')
}

/** Whether a new PIN was asked for; asked once, it is taken. @throws {AgentError} state-unusable */
export async function takePairRequest(stateDir: string): Promise<boolean> {
  const path = join(stateDir, PAIR_REQUEST_FILE)
  try {
    await stat(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false
    throw error
  }
  await removeStateFile(path)
  return true
}

/**
 * Listens for `muster-agent pair`. The right to write the state directory is the right to ask: no socket has to be
 * guarded.
 */
export function createPairRequestService(
  deps: { readonly clock: Clock; readonly random: Random; readonly onRequest: () => void },
  stateDir: string,
): Service {
  return {
    name: 'pair requests',
    async run({ signal, ready }) {
      ready()
      const look = async () => {
        if (await takePairRequest(stateDir)) deps.onRequest()
      }
      await repeat(look, { ...deps, everyMs: LOOK_EVERY_MS, jitter: 0.1, signal })
    },
  }
}

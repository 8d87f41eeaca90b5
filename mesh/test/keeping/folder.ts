import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { onTestFinished } from 'vitest'
import type { KeepingParts } from '../../src/keeping/open-keeping.ts'
import { START } from '../admission/cluster.ts'

/** A path of its own at which nothing is yet; what is made there is removed when the test ends. */
export function newFolder(): string {
  const base = mkdtempSync(join(tmpdir(), 'muster-keeping-'))
  onTestFinished(() => rmSync(base, { recursive: true, force: true, maxRetries: 5 }))
  return join(base, 'folder')
}

/** What was written to the log, by message. */
export interface Heard {
  readonly warnings: string[]
}

/** Parts of a keeping with a log that can be read. */
export function keepingParts(seed = 1): KeepingParts & Heard {
  const warnings: string[] = []
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_: unknown, message: string) => void warnings.push(message),
    error: () => undefined,
    child: () => log,
  }
  return { clock: { now: () => START }, random: createSeededRandom(seed), log, warnings }
}

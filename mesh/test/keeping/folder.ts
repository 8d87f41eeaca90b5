import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { afterAll } from 'vitest'
import type { KeepingParts } from '../../src/keeping/open-keeping.ts'
import { START } from '../admission/cluster.ts'

const base = mkdtempSync(join(tmpdir(), 'muster-keeping-'))
let count = 0
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** A path of its own at which nothing is yet. */
export function newFolder(): string {
  count += 1
  return join(base, `folder-${count}`)
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

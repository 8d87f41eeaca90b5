import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedBuild } from '@muster/packaging/cached-build.ts'

/** The agent as it is shipped: one executable. */
export interface ShippedAgent {
  /** Program and first arguments. */
  readonly argv: readonly string[]
  [Symbol.dispose](): void
}

/** Memory that looks like a file system. */
const MEMORY = '/dev/shm'

/**
 * The executable of this checkout, in memory where there is a file system for it: how many of its pages a process is said to
 * have goes otherwise with how far ahead the machine's disk is read.
 */
export async function shippedAgent(): Promise<ShippedAgent> {
  const { file } = await cachedBuild()
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'muster-agent-'))
  const copy = join(folder, 'muster-agent')
  copyFileSync(file, copy)
  return { argv: [copy], [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

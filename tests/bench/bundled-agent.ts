import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleProgram } from '@muster/packaging/bundle.ts'
import { SHIPPED_PROGRAMS } from '@muster/packaging/shipped-program.ts'
import { PROJECT_ROOT } from '../program.ts'

/** The agent in one file. */
export interface BundledAgent {
  /** Program and first arguments. */
  readonly argv: readonly string[]
  [Symbol.dispose](): void
}

/** The agent in the bundle and with the flags of its executable, which differs by Node and code cache being in the file. */
export async function bundleAgent(): Promise<BundledAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-bundle-'))
  const outfile = join(folder, 'muster-agent.cjs')
  const program = SHIPPED_PROGRAMS.find(({ name }) => name === 'muster-agent')
  if (program === undefined) throw new Error('no executable of the agent is made')
  await bundleProgram({ root: PROJECT_ROOT, program, outfile, commit: undefined })
  return {
    argv: ['env', `NODE_COMPILE_CACHE=${join(folder, 'compiled')}`, process.execPath, ...program.flags, outfile],
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

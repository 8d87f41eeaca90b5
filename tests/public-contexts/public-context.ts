import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../program.ts'

/** The contexts that the CernVM project published, as they are used here. */
export const PUBLIC_CONTEXTS = [
  'aleph',
  'alice',
  'atlas',
  'cms-opendata',
  'default',
  'fcc-tutorial',
  'na48',
  'squid',
] as const

/** Name of one of them. */
export type PublicContext = (typeof PUBLIC_CONTEXTS)[number]

/** Its file. */
export function publicContextPath(name: PublicContext): string {
  return join(PROJECT_ROOT, 'tests/testdata/public-contexts', `${name}.context`)
}

/** Its text. */
export function readPublicContext(name: PublicContext): string {
  return readFileSync(publicContextPath(name), 'utf8')
}

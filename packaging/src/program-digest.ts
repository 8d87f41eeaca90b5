import { createHash, type Hash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { filesOf } from './executable.ts'
import type { ShippedProgram } from './shipped-program.ts'
import type { BundledPart } from './split-bundle.ts'

/** What an executable is made of besides its program: what puts it together. */
const MAKERS = ['executable.ts', 'code-cache.ts']
const MANIFEST_OF_INJECTOR = 'node_modules/postject/package.json'

/** Everything that decides the bytes of an executable that this node would make, as hex. */
export function digestOfProgram(input: {
  readonly root: string
  readonly program: ShippedProgram
  /** Main file of the bundle. */
  readonly main: string
  readonly parts: readonly BundledPart[]
}): string {
  const { root, program, main, parts } = input
  const hash = createHash('sha256')
  const node = { version: process.version, arch: process.arch, bytes: statSync(process.execPath).size }
  hash.update(JSON.stringify([node, program.name, program.flags]))
  addFile(hash, 'main', main)
  for (const { key, file } of parts) addFile(hash, key, file)
  for (const maker of MAKERS) addFile(hash, maker, join(import.meta.dirname, maker))
  addFile(hash, MANIFEST_OF_INJECTOR, join(root, MANIFEST_OF_INJECTOR))
  for (const [key, file] of program.assets.flatMap((path) => filesOf(root, path))) addFile(hash, key, file)
  return hash.digest('hex').slice(0, 32)
}

function addFile(hash: Hash, name: string, file: string): void {
  const content = readFileSync(file)
  hash.update(`\0${name}\0${content.length}\0`).update(content)
}

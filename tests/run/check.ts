import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** `npm run check`: types, lint and format of everything; all three are run, so that one call shows all problems. */
const root = join(import.meta.dirname, '../..')

const steps = [
  { name: 'types', argv: ['tsc', '-p', '.'] },
  { name: 'types of the pure package without node', argv: ['tsc', '-p', 'contexts'] },
  { name: 'types of the pages', argv: ['tsc', '-p', 'coordinator/web'] },
  { name: 'lint and format', argv: ['biome', 'check', '--error-on-warnings', '.'] },
] as const

let failures = 0
for (const step of steps) {
  const [program, ...args] = step.argv
  const { status, error } = spawnSync(join(root, 'node_modules/.bin', program), args, { cwd: root, stdio: 'inherit' })
  const passed = status === 0
  if (!passed) failures++
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${step.name}${error === undefined ? '' : `: ${error.message}`}`)
}
process.exitCode = failures === 0 ? 0 : 1

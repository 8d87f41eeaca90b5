import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/**
 * `npm run check [-- --fix]`: types, lint and format of everything; all are run, so that one call shows all problems.
 * `--fix` formats and mends what can be mended safely.
 */
const root = join(import.meta.dirname, '../..')
const tsc = join(root, 'node_modules/.bin/tsc')
/** By its platform package: the registry may lack the packages of other platforms, which the wrapper insists on. */
const biome = join(root, `node_modules/@biomejs/cli-linux-${process.arch}/biome`)
const fix = process.argv.includes('--fix') ? ['--write'] : []

const steps = [
  { name: 'types', argv: [tsc, '-p', '.'] },
  { name: 'types of the pure package without node', argv: [tsc, '-p', 'contexts'] },
  { name: 'types of the pages', argv: [tsc, '-p', 'coordinator/web'] },
  { name: 'lint and format', argv: [biome, 'check', '--error-on-warnings', ...fix, '.'] },
] as const

let failures = 0
for (const step of steps) {
  const [program, ...args] = step.argv
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' })
  const passed = status === 0
  if (!passed) failures++
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${step.name}${error === undefined ? '' : `: ${error.message}`}`)
}
process.exitCode = failures === 0 ? 0 : 1

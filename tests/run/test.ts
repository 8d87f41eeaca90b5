import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installMissingPrograms, type NeededProgram } from './programs.ts'
import { type Outcome, sortOutcome, type VitestReport } from './results.ts'

/**
 * `npm test [-- FILTER…]`: installs what is missing, runs the tests, lists what could not be run here and why, and ends
 * with the plain line that counts. With CI=true a test that was not run is a failure.
 */
const root = join(import.meta.dirname, '../..')
const isCi = process.env['CI'] === 'true'

function main(): number {
  const missing = installMissingPrograms(process.env['PATH'] ?? '', (line) => console.log(line))
  const { outcome, status } = runVitest(process.argv.slice(2))
  explainNotRun(outcome, missing)
  for (const name of outcome.failed) console.log(`failed: ${name.split('\n')[0]}`)
  console.log(`${outcome.passed} passed, ${outcome.failed.length} failed, ${outcome.notRun.length} skipped`)
  if (outcome.passed === 0 || outcome.failed.length > 0 || status !== 0) return 1
  return isCi && outcome.notRun.length > 0 ? 1 : 0
}

function runVitest(filters: readonly string[]): { readonly outcome: Outcome; readonly status: number } {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-run-'))
  const report = join(folder, 'report.json')
  try {
    const vitest = [process.execPath, join(root, 'node_modules/vitest/vitest.mjs')]
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const run = [...vitest, 'run', '--root', root, ...reporters, ...filters]
    // This process does nothing meanwhile, not even pass a signal on; when it ends, so does the run.
    const { status } = spawnSync('setpriv', ['--pdeathsig', 'TERM', '--', ...run], {
      cwd: root,
      stdio: 'inherit',
      // For vitest itself; what tests start has it from the configuration.
      env: { ...process.env, NO_COLOR: isCi ? '1' : undefined, NODE_COMPILE_CACHE: join(root, '.cache/node') },
    })
    const parsed = JSON.parse(readFileSync(report, 'utf8')) as VitestReport
    return { outcome: sortOutcome(parsed, root), status: status ?? 1 }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function explainNotRun(outcome: Outcome, missing: readonly NeededProgram[]): void {
  if (outcome.notRun.length === 0) return
  console.log(`\nNot run here (${outcome.notRun.length}):`)
  for (const name of outcome.notRun) console.log(`  ${name}`)
  console.log('Why, and what would run them:')
  if (process.getuid?.() !== 0) console.log('  tests that need root: run `sudo npm test`')
  for (const { debianPackage, neededFor } of missing) {
    console.log(`  ${neededFor}: install it with \`sudo apt-get install ${debianPackage}\``)
  }
}

process.exitCode = main()

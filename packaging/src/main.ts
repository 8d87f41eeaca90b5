import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { BuildError } from './build-error.ts'
import { type BuildInput, type BuiltProgram, buildPrograms } from './build-program.ts'
import { checkProgram } from './check-program.ts'
import { makeDebianPackage, makeTarball } from './packages.ts'
import { makeRpmPackage } from './rpm-package.ts'
import { runTool } from './run-tool.ts'
import { SHIPPED_PROGRAMS } from './shipped-program.ts'

/**
 * `npm run build:bin [-- --packages] [--check] [--out DIR]`: every program as a single executable, with its bill of
 * materials and the SHA-256 of all. `--packages` makes a tarball, a Debian and an RPM package of each too, which takes minutes
 * for the compression. `--check` builds a second time elsewhere and compares, and looks at
 * what was built.
 */
const root = join(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    packages: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    out: { type: 'string', default: join(root, 'dist') },
  },
})

try {
  const commit = git('rev-parse', '--short=12', 'HEAD')
  const epoch = Number(process.env['SOURCE_DATE_EPOCH'] ?? git('log', '-1', '--format=%ct') ?? 0)
  const input = { root, out: resolve(values.out), node: process.execPath, commit, epoch }
  const built = await buildAll(input)
  for (const file of built.files) console.log(`${(statSync(file).size / 1e6).toFixed(1).padStart(7)} MB  ${file}`)
  const problems = values.check ? [...(await check(built.programs)), ...(await compareWithAnother(input))] : []
  for (const problem of problems) console.error(problem)
  if (values.check && problems.length === 0) console.log('checked: the programs run, and a second build is the same')
  process.exitCode = problems.length === 0 ? 0 : 1
} catch (error) {
  if (!(error instanceof BuildError)) throw error
  console.error(`${error.message}\n${error.hint}`)
  process.exitCode = BuildError.exitCode
}

/** Builds everything; the list of sums is the last file. */
async function buildAll(
  input: BuildInput,
): Promise<{ readonly programs: readonly BuiltProgram[]; readonly files: readonly string[] }> {
  const programs = await buildPrograms(input, SHIPPED_PROGRAMS)
  const packages = values.packages
    ? programs.flatMap((built) => [
        makeTarball(input, built),
        makeDebianPackage(input, built),
        makeRpmPackage(input, built),
      ])
    : []
  const files = [...programs.flatMap(({ file, sbom }) => [file, sbom]), ...packages]
  const sums = join(input.out, 'SHA256SUMS')
  writeFileSync(sums, files.map((file) => `${sha256(file)}  ${basename(file)}\n`).join(''))
  return { programs, files: [...files, sums] }
}

async function check(programs: readonly BuiltProgram[]): Promise<readonly string[]> {
  const problems: string[] = []
  for (const built of programs) {
    const addons = built.program.assets.filter((path) => path.endsWith('.node')).map((path) => join(root, path))
    problems.push(...(await checkProgram(built, addons)))
  }
  return problems
}

/** Builds again in another folder; the same input must give the same bytes. */
async function compareWithAnother(input: BuildInput): Promise<readonly string[]> {
  const out = mkdtempSync(join(tmpdir(), 'muster-second-build-'))
  try {
    await buildAll({ ...input, out })
    const [first, second] = [input.out, out].map((folder) => readFileSync(join(folder, 'SHA256SUMS'), 'utf8'))
    return first === second ? [] : [`two builds differ:\n${first}\n${second}`]
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** What git says of this checkout; undefined when it is none. */
function git(...args: readonly string[]): string | undefined {
  try {
    return runTool('git', args, { cwd: root }).trim()
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw error
  }
}

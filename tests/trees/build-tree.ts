import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { treePath } from './debian-tree.ts'
import { MINIMAL, readFixture, type TreeRecipe, WITH_CLOUD_INIT } from './recipe.ts'

/**
 * Builds one tree: `node tests/trees/build-tree.ts minimal|cloud-init`. Does nothing when it is there. The tree gets its
 * final name only when it is complete, so an interrupted build leaves nothing that looks like one.
 */
async function main(name: string | undefined): Promise<number> {
  const recipe = [MINIMAL, WITH_CLOUD_INIT].find((candidate) => candidate.name === name)
  if (recipe === undefined) return fail('name one of: minimal, cloud-init')
  const target = treePath(recipe)
  if (existsSync(target)) return 0
  mkdirSync(dirname(target), { recursive: true })
  const draft = mkdtempSync(`${target}.draft-`)
  try {
    const tree = join(draft, 'tree')
    say(`building the Debian tree "${recipe.name}" once (about a minute), into .cache/trees`)
    const status = await debootstrap(recipe, tree)
    if (status !== 0) return fail(`mmdebstrap ended with ${status}`)
    leaveNoHostBehind(tree)
    layFixtures(recipe, tree)
    renameSync(tree, target)
    say('done')
    return 0
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

async function debootstrap(recipe: TreeRecipe, tree: string): Promise<number> {
  const options = [
    ...recipe.leaveOut.map((path) => `--dpkgopt=path-exclude=${path}`),
    ...hostAptOptions().map((line) => `--aptopt=${line}`),
    `--include=${recipe.packages.join(',')}`,
  ]
  const child = spawn('mmdebstrap', ['--mode=root', '--variant=minbase', ...options, '', tree, '-'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  child.stdin.end(hostSources())
  // Its own lines only ("I: …"): those of apt would name the mirror.
  const lines: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split(/[\r\n]+/))
    for (const line of text.split(/[\r\n]+/)) if (/^[IWE]: [^/]*$/.test(line)) say(line.slice(3))
  })
  const status = await new Promise<number>((resolve, reject) =>
    child.on('error', reject).on('exit', (code) => resolve(code ?? 1)),
  )
  if (status !== 0) for (const line of lines.slice(-20)) say(line.replace(/[a-z+]+:\/\/\S+/g, '(archive)'))
  return status
}

/** The Debian archives that this machine uses, as one-line entries; asks apt, so that any notation is understood. */
function hostSources(): string {
  const ask = () =>
    output('apt-get', [
      'indextargets',
      '--format',
      'deb $(REPO_URI) $(RELEASE) $(COMPONENT)',
      'Created-By: Packages',
      'Origin: Debian',
    ])
  let sources = ask()
  if (sources === '') {
    say('reading the package lists of this machine')
    spawnSync('apt-get', ['update', '-q'], { stdio: 'ignore' })
    sources = ask()
  }
  if (sources === '') throw new Error('apt on this machine knows no Debian archive; run apt-get update and look there')
  return `${[...new Set(sources.split('\n'))].join('\n')}\n`
}

/** How this machine reaches its archives: proxies and checks, which the bootstrap needs as well. */
function hostAptOptions(): readonly string[] {
  return output('apt-config', ['dump'])
    .split('\n')
    .filter((line) => /^Acquire::(https?::Proxy|Check-|Retries)/.test(line))
    .map((line) => line.replace(/;$/, ''))
}

function output(program: string, args: readonly string[]): string {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout.trim()
}

/** Takes out what came from this machine: archives, name servers, its name, logs of the build. */
function leaveNoHostBehind(tree: string): void {
  const gone = ['etc/apt/sources.list', 'etc/apt/apt.conf.d/99mmdebstrap', 'etc/resolv.conf', 'etc/machine-id']
  for (const path of gone) rmSync(join(tree, path), { force: true })
  for (const folder of ['var/log', 'var/lib/apt/lists', 'var/cache/apt', 'etc/apt/sources.list.d']) {
    for (const entry of readdirSync(join(tree, folder))) rmSync(join(tree, folder, entry), { recursive: true })
  }
  writeFileSync(join(tree, 'etc/hostname'), 'debian\n')
  writeFileSync(join(tree, 'etc/hosts'), '127.0.0.1 localhost\n')
}

function layFixtures(recipe: TreeRecipe, tree: string): void {
  for (const path of recipe.directories) mkdirSync(join(tree, path), { recursive: true })
  for (const { path, fixture, mode } of recipe.files) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), readFixture(fixture))
    chmodSync(join(tree, path), mode)
  }
  for (const group of recipe.systemGroups) {
    const { status } = spawnSync('groupadd', ['--prefix', tree, '--system', group], { stdio: 'ignore' })
    if (status !== 0) throw new Error(`groupadd ${group} ended with ${status}`)
  }
}

function say(text: string): void {
  process.stderr.write(`trees: ${text}\n`)
}

function fail(text: string): number {
  say(text)
  return 1
}

process.exitCode = await main(process.argv[2])

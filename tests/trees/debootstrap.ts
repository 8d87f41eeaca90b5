import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a Debian tree is made of. */
export interface DebianContents {
  /** Debian packages above the required ones. */
  readonly packages: readonly string[]
  /** Debian's paths that are left out, since nothing reads them. */
  readonly leaveOut: readonly string[]
}

/** Told each step of the build. */
export type Say = (line: string) => void

/** Manuals and translations, which no test reads. */
export const DOCUMENTS: readonly string[] = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/locale/*',
  '/usr/share/info/*',
]

/**
 * Makes a Debian tree from the archives that this machine uses, and leaves nothing of this machine in it.
 *
 * @throws when it cannot be made; what the tools said was said
 */
export async function makeDebianTree(contents: DebianContents, tree: string, say: Say): Promise<void> {
  const status = await debootstrap(contents, tree, say)
  if (status !== 0) throw new Error(`mmdebstrap ended with ${status}`)
  leaveNoHostBehind(tree)
}

async function debootstrap(contents: DebianContents, tree: string, say: Say): Promise<number> {
  const options = [
    ...contents.leaveOut.map((path) => `--dpkgopt=path-exclude=${path}`),
    ...hostAptOptions().map((line) => `--aptopt=${line}`),
    `--include=${contents.packages.join(',')}`,
  ]
  const child = spawn('mmdebstrap', ['--mode=root', '--variant=minbase', ...options, '', tree, '-'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  child.stdin.end(hostSources(say))
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
function hostSources(say: Say): string {
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

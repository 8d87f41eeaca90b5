import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

const FOLDER = '/run/netns'
/** Namespaces of this project's tests: the process id of who made them, then the lab, then the host. */
const NAME = /^muster-(\d+)-\d+-/

/**
 * Runs commands of iproute2, all in one process.
 *
 * @param namespace - where; outside of all when left out
 * @throws when one of them fails; what it said is in the message
 */
export function ip(commands: readonly string[], namespace?: string): void {
  const where = namespace === undefined ? [] : ['-n', namespace]
  const { status, stderr } = spawnSync('ip', [...where, '-batch', '-'], {
    input: commands.join('\n'),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`ip ended with ${status}: ${stderr}\n${commands.join('\n')}`)
}

/** Runs a shell command in a namespace. @returns what it printed @throws when it fails */
export function inNamespace(namespace: string, script: string, input = ''): string {
  const argv = ['netns', 'exec', namespace, 'sh', '-ec', script]
  const { status, stderr, stdout } = spawnSync('ip', argv, { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${script} ended with ${status} in ${namespace}: ${stderr}`)
  return stdout
}

/** Removes the namespaces of tests whose process is gone: one that was killed could not tidy up. */
export function sweepNamespaces(): void {
  const left = namespaces().filter((name) => {
    const pid = Number(NAME.exec(name)?.[1])
    return Number.isInteger(pid) && !isRunning(pid)
  })
  if (left.length > 0) ip(left.map((name) => `netns del ${name}`))
}

function namespaces(): readonly string[] {
  try {
    return readdirSync(FOLDER)
  } catch {
    return []
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Why labs of namespaces cannot be made here; undefined when they can. */
export function labMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const probe = `muster-${process.pid}-0-probe`
  const made = spawnSync('ip', ['netns', 'add', probe])
  if (made.status !== 0)
    return 'network namespaces need the program ip of Debian package iproute2, and a kernel with them'
  try {
    const rules = 'table inet t { chain c { type filter hook input priority 0; numgen random mod 100 < 5 drop; }; }'
    inNamespace(probe, 'nft -f -', rules)
    return undefined
  } catch {
    return 'faults of the network need the program nft of Debian package nftables'
  } finally {
    spawnSync('ip', ['netns', 'del', probe])
  }
}

import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'

/**
 * Variables that a configuration file gives to a shell which sources it: the way the programs of the image read it, so
 * that wrong quoting shows. Undefined when there is no such file.
 *
 * @throws when the shell finds a syntax error, or the file has effects beyond variables (it prints something)
 */
export function sourceSettings(root: string, path: string): Readonly<Record<string, string>> | undefined {
  const file = join(root, path)
  if (!existsSync(file)) return undefined
  const script = 'set -eua; . "$1"; exec env -0'
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '--noprofile', '-c', script, 'bash', file], {
    encoding: 'utf8',
    env: {},
  })
  if (status !== 0 || stderr !== '') throw new Error(`${path} cannot be sourced: ${stderr}`)
  const pairs = stdout.split('\0').map((pair): [string, string] => {
    const equals = pair.indexOf('=')
    return [pair.slice(0, equals), pair.slice(equals + 1)]
  })
  return Object.fromEntries(pairs.filter(([name]) => name !== '' && !OF_THE_SHELL.has(name)))
}

const OF_THE_SHELL = new Set(['_', 'PWD', 'OLDPWD', 'SHLVL'])

/** Whether a password belongs to a stored hash, by the C library's `crypt`, whatever the method. */
export function verifiesPassword(password: string, hash: string): boolean {
  // Both on standard input: what stands in arguments is visible to all.
  const script = 'chomp(my ($p, $h) = <STDIN>); print crypt($p, $h)'
  const { stdout } = spawnSync('perl', ['-e', script], { encoding: 'utf8', input: `${password}\n${hash}\n` })
  return stdout !== '' && stdout === hash
}

/** What the tree's own systemd says about a unit: `enabled`, `disabled`, … */
export function enabledState(root: string, unit: string): string {
  return spawnSync('chroot', [root, 'systemctl', 'is-enabled', unit], { encoding: 'utf8' }).stdout.trim()
}

/** Name of the target that the machine boots into. */
export function defaultTarget(root: string): string {
  const links = ['etc/systemd/system/default.target', 'usr/lib/systemd/system/default.target']
  const link = links.map((path) => join(root, path)).find((path) => lstatSync(path, { throwIfNoEntry: false }))
  return link === undefined ? '' : basename(readlinkSync(link))
}

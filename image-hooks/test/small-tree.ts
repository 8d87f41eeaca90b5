import { createHash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type InstallRequest, install } from '../src/install.ts'
import { sha256Of } from '../src/list-items.ts'
import { readShipped } from '../src/shipped-files.ts'

/** A folder with the few files that an installer looks at, in a folder around it that must stay as it is. */
export interface SmallTree {
  readonly root: string
  readonly outside: string
  /** Stands for the executable. */
  readonly agent: string
  write(path: string, text: string): void
  read(path: string): string
  [Symbol.dispose](): void
}

/** How distributions lay out a tree; `el` has SELinux. */
export type TreeKind = 'debian' | 'split' | 'el'

const SELINUX = '# comment\nSELINUX=enforcing\nSELINUXTYPE=targeted\n'

/** Makes a small tree in a temporary folder. */
export function makeSmallTree(kind: TreeKind = 'debian'): SmallTree {
  const outside = mkdtempSync(join(tmpdir(), 'muster-image-'))
  const root = join(outside, 'root')
  const agent = join(outside, 'agent')
  writeFileSync(agent, '#!/bin/sh\necho agent\n')
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  write('usr/lib/os-release', 'NAME="Small"\nPRETTY_NAME="Small Linux 1"\n')
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true })
  symlinkSync('../usr/lib/os-release', join(root, 'etc/os-release'))
  if (kind === 'split') write('bin/bash', '')
  else {
    write('usr/bin/bash', '')
    symlinkSync('usr/bin', join(root, 'bin'))
    symlinkSync('usr/lib', join(root, 'lib'))
  }
  if (kind === 'el') {
    write('etc/selinux/config', SELINUX)
    write('etc/selinux/targeted/contexts/files/file_contexts', '/.* system_u:object_r:default_t:s0\n')
    write('etc/selinux/targeted/contexts/files/file_contexts.local', '/srv/mine -- system_u:object_r:etc_t:s0')
    mkdirSync(join(root, 'var/lib/selinux/targeted/active'), { recursive: true })
  }
  return {
    root,
    outside,
    agent,
    write,
    read: (path) => readFileSync(join(root, path), 'utf8'),
    [Symbol.dispose]: () => rmSync(outside, { recursive: true, force: true }),
  }
}

/** A request with everything that is usual. */
export function requestFor(tree: SmallTree, changes: Partial<InstallRequest> = {}): InstallRequest {
  return {
    root: tree.root,
    version: '1.0.0',
    agent: { file: tree.agent, sha256: sha256Of(readFileSync(tree.agent)) },
    settings: { coordinator: 'https://muster.example.org' },
    releaseKeys: undefined,
    isEnabled: true,
    hasFullScreen: false,
    hasCloudInit: true,
    hasLegacyNames: true,
    isForced: false,
    isReset: false,
    signal: new AbortController().signal,
    ...changes,
  }
}

/** Installs with no program of SELinux at hand. */
export function installIn(tree: SmallTree, changes: Partial<InstallRequest> = {}) {
  const run = () => Promise.reject(new Error('no such program'))
  return install({ read: readShipped, run }, requestFor(tree, changes))
}

/** Everything below a folder, with kind, mode, owner, content and target; times are left out. */
export function snapshot(root: string, path = ''): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const name of readdirSync(join(root, path))) {
    const child = `${path}/${name}`
    const host = join(root, child)
    const stats = lstatSync(host)
    const head = `${stats.mode.toString(8)} ${stats.uid}:${stats.gid}`
    if (stats.isSymbolicLink()) found.set(child, `${head} -> ${readlinkSync(host)}`)
    else if (!stats.isDirectory())
      found.set(child, `${head} ${createHash('sha256').update(readFileSync(host)).digest('hex')}`)
    else {
      found.set(child, head)
      for (const [inner, text] of snapshot(root, child)) found.set(inner, text)
    }
  }
  return found
}

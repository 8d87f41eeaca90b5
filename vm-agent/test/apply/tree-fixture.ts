import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Whether tests that need root's rights can run. */
export const isRoot = process.geteuid?.() === 0

/** One entry of a small tree: text of a file, or what else it is. */
export type Node =
  | string
  | { readonly text: string; readonly mode: number }
  | { readonly directory: number }
  | { readonly link: string }

/** A temporary directory that goes with its test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'muster-test-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A machine with a few accounts, as minimal systems have them. */
export const MINIMAL: Readonly<Record<string, Node>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n',
  'etc/shadow': { text: 'root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n', mode: 0o640 },
  'etc/group': 'root:x:0:\nmail:x:8:\nsudo:x:27:\nusers:x:100:\nnogroup:x:65534:\n',
  'etc/gshadow': { text: 'root:*::\nmail:*::\nsudo:*::\nusers:*::\nnogroup:*::\n', mode: 0o640 },
  'etc/subuid': '',
  'etc/subgid': '',
  'etc/login.defs':
    'UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nPASS_MAX_DAYS 99999\nPASS_MIN_DAYS 0\nPASS_WARN_AGE 7\nUMASK 022\n',
  'etc/skel/.bashrc': '# skeleton\n',
  'etc/skel/.config': { directory: 0o700 },
  'etc/hostname': 'before\n',
  root: { directory: 0o700 },
  home: { directory: 0o755 },
}

/** Makes a tree of these entries (parents first) in a temporary directory. */
export function makeTree(nodes: Readonly<Record<string, Node>> = MINIMAL): string {
  const root = join(temporaryDirectory(), 'tree')
  mkdirSync(root)
  fillTree(root, nodes)
  return root
}

/** Adds entries to a tree; files get an old time, so that a lost time shows. */
export function fillTree(root: string, nodes: Readonly<Record<string, Node>>): void {
  for (const [path, node] of Object.entries(nodes)) {
    const place = join(root, path)
    mkdirSync(dirname(place), { recursive: true })
    if (typeof node === 'object' && 'link' in node) {
      symlinkSync(node.link, place)
    } else if (typeof node === 'object' && 'directory' in node) {
      mkdirSync(place, { recursive: true })
      chmodSync(place, node.directory)
    } else {
      writeFileSync(place, typeof node === 'string' ? node : node.text)
      chmodSync(place, typeof node === 'string' ? 0o644 : node.mode)
      utimesSync(place, 1_600_000_000, 1_600_000_000)
    }
  }
}

/** What a snapshot tells of each path. */
export interface SnapshotOptions {
  /** Also times of files. @default false */
  readonly withTimes?: boolean
  /** Paths that are left out, with what is below. */
  readonly except?: readonly string[]
}

/** Every path of a tree with type, mode, owner and content, comparable by `toEqual`. */
export function snapshot(root: string, options: SnapshotOptions = {}): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  const visit = (path: string) => {
    if (options.except?.includes(path) === true) return
    const place = join(root, path)
    const stats = lstatSync(place)
    const owner = `${stats.uid}:${stats.gid}`
    const mode = (stats.mode & 0o7777).toString(8)
    if (stats.isSymbolicLink()) found[path] = `link ${owner} ${readlinkSync(place)}`
    else if (stats.isDirectory()) {
      found[path] = `directory ${owner} ${mode}`
      for (const name of readdirSync(place).sort()) visit(join(path, name))
    } else {
      const content = stats.isFile() ? createHash('sha256').update(readFileSync(place)).digest('hex') : 'other'
      found[path] = `file ${owner} ${mode} ${content}${options.withTimes === true ? ` ${stats.mtimeMs}` : ''}`
    }
  }
  visit('/')
  return found
}

/** Text of a file of a tree. */
export function readTree(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

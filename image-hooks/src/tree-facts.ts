import { ImageError } from './image-error.ts'
import type { ImageTree } from './image-tree.ts'
import type { ReadShipped } from './shipped-files.ts'

/** What an installation has to know about a tree. */
export interface TreeFacts {
  /** `PRETTY_NAME` of its os-release. */
  readonly system: string
  /** What links to bash beside it shall lead to; undefined without bash. */
  readonly bash: string | undefined
  /** Undefined in a tree without SELinux. */
  readonly selinux: SelinuxFacts | undefined
}

/** SELinux of a tree. */
export interface SelinuxFacts {
  /** Name of the policy: `targeted`. */
  readonly type: string
  /** Whether it is on when the machine starts. */
  readonly isActive: boolean
  /** Files of local contexts that ours are added to. */
  readonly files: readonly string[]
  /** Ours. */
  readonly text: string
}

const MAX_BYTES = 1024 * 1024

/** Looks at a tree. @throws {ImageError} no-root-tree */
export async function readTreeFacts(tree: ImageTree, read: ReadShipped): Promise<TreeFacts> {
  const system = await systemName(tree)
  if (system === undefined) {
    throw new ImageError('no-root-tree', `${tree.root} is no root tree of Linux: it has no /etc/os-release`, {
      hint: 'Give --root the top directory of an installed system, for example where its image is mounted.',
    })
  }
  return { system, bash: await bashOf(tree), selinux: await selinuxOf(tree, read) }
}

async function systemName(tree: ImageTree): Promise<string | undefined> {
  // /etc/os-release is a link to the other one nearly everywhere.
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    if ((await tree.entry(path))?.kind !== 'file') continue
    const text = new TextDecoder().decode(await tree.read(path, MAX_BYTES))
    const name = /^(?:PRETTY_)?NAME=(.*)$/m
    const pretty = /^PRETTY_NAME=(.*)$/m.exec(text) ?? name.exec(text)
    return (pretty?.[1] ?? 'Linux').replaceAll(/^["']|["']$/g, '')
  }
  return undefined
}

async function bashOf(tree: ImageTree): Promise<string | undefined> {
  if ((await tree.entry('/bin/bash')) !== undefined) return 'bash'
  return (await tree.entry('/usr/bin/bash')) === undefined ? undefined : '/usr/bin/bash'
}

/**
 * Local contexts stand twice: where the tools of SELinux read them, and in the store from which the first is made
 * again whenever the policy is built.
 */
async function selinuxOf(tree: ImageTree, read: ReadShipped): Promise<SelinuxFacts | undefined> {
  if ((await tree.entry('/etc/selinux/config'))?.kind !== 'file') return undefined
  const config = new TextDecoder().decode(await tree.read('/etc/selinux/config', MAX_BYTES))
  const type = /^\s*SELINUXTYPE\s*=\s*([\w-]+)\s*$/m.exec(config)?.[1]
  if (type === undefined) return undefined
  const files: string[] = []
  for (const folder of [`/etc/selinux/${type}/contexts/files`, `/var/lib/selinux/${type}/active`]) {
    if ((await tree.entry(folder))?.kind === 'directory') files.push(`${folder}/file_contexts.local`)
  }
  if (files.length === 0) return undefined
  const text = contextLines(new TextDecoder().decode(await read('muster.fc')))
  return { type, isActive: /^\s*SELINUX\s*=\s*(enforcing|permissive)\s*$/m.test(config), files, text }
}

function contextLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => `${line}\n`)
    .join('')
}

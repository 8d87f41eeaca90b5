import { ApplyError } from './apply-error.ts'
import { childOf, parentOf, type TreeReader } from './entry.ts'

/** As many links as the kernel follows in one path. */
const MAX_LINKS = 40
/** Longest path, as the kernel has it. */
const MAX_PATH_LENGTH = 4095

/** How `resolveInRoot` treats links. */
export interface ResolveOptions {
  /** Whether a link at the end of the path is followed. @default true */
  readonly followLast?: boolean
  /**
   * Links below this canonical directory are refused: what lies in a user's home is under the user's control, and
   * following a link there with root's rights would let the user choose what root writes.
   */
  readonly noLinksBelow?: string
}

/**
 * The canonical path that a path means inside a tree, resolved as in a chroot: absolute links start at the tree's
 * root, and `..` at the root stays there. What does not exist yet is taken as written.
 *
 * @param path - absolute on the machine
 * @throws {ApplyError} link-loop · wrong-type (a refused link, a NUL, a relative or too long path)
 */
export async function resolveInRoot(tree: TreeReader, path: string, options: ResolveOptions = {}): Promise<string> {
  if (!path.startsWith('/') || path.includes('\0') || path.length > MAX_PATH_LENGTH) {
    throw new ApplyError('wrong-type', `${JSON.stringify(path.slice(0, 100))} is not an absolute path`, {
      hint: 'Write the path from the root of the machine.',
    })
  }
  const followLast = options.followLast ?? true
  const pending = componentsOf(path).reverse()
  let current = '/'
  let links = 0
  while (pending.length > 0) {
    const name = pending.pop() ?? ''
    if (name === '..') {
      current = parentOf(current)
      continue
    }
    const next = childOf(current, name)
    const entry = await tree.entry(next)
    if (entry?.type !== 'link' || (pending.length === 0 && !followLast)) {
      current = next
      continue
    }
    refuseLink(next, options.noLinksBelow)
    links += 1
    if (links > MAX_LINKS) throw tooManyLinks(path)
    if (entry.target.startsWith('/')) current = '/'
    pending.push(...componentsOf(entry.target).reverse())
  }
  return current
}

function componentsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

function refuseLink(path: string, noLinksBelow: string | undefined): void {
  if (noLinksBelow === undefined || !path.startsWith(noLinksBelow === '/' ? '/' : `${noLinksBelow}/`)) return
  throw new ApplyError('wrong-type', `${path} is a symbolic link in a place that its user controls`, {
    hint: `Replace the link ${path} by what it stands for.`,
    details: { path },
  })
}

function tooManyLinks(path: string): ApplyError {
  return new ApplyError('link-loop', `${path} leads through more than ${MAX_LINKS} symbolic links`, {
    hint: 'Correct the links on the machine.',
    details: { path },
  })
}

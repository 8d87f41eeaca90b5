/** As many links as the kernel follows in one path. */
export const MAX_LINKS = 40
/** Longest path, as the kernel has it. */
const MAX_PATH_LENGTH = 4095

/** `not-absolute` also for a NUL or a path that is too long · `link-loop` too many links · `link-refused`. */
export type PathFault = 'not-absolute' | 'link-loop' | 'link-refused'

/** What is needed of a tree to follow its links, and what goes for one path. */
export interface ResolveRules {
  /** Target of the link at a canonical path; undefined when there is no link. */
  readonly linkAt: (path: string) => Promise<string | undefined>
  /** Whether a link at the end of the path is followed. */
  readonly followLast: boolean
  /** Whether the link at a canonical path may be followed. @default each may */
  readonly mayFollow?: (path: string) => boolean
}

/** The canonical path, or why there is none; `at` is the link that was refused. */
export type ResolvedPath = { readonly path: string } | { readonly fault: PathFault; readonly at: string }

/**
 * The canonical path that a path means inside a tree, resolved as in a chroot: absolute links start at the tree's
 * root, and `..` at the root stays there. What does not exist yet is taken as written.
 */
export async function resolvePath(path: string, rules: ResolveRules): Promise<ResolvedPath> {
  if (!path.startsWith('/') || path.includes('\0') || path.length > MAX_PATH_LENGTH) {
    return { fault: 'not-absolute', at: path }
  }
  const pending = componentsOf(path).reverse()
  let current = '/'
  let links = 0
  while (pending.length > 0) {
    const name = pending.pop() ?? ''
    if (name === '..') {
      current = current.slice(0, current.lastIndexOf('/')) || '/'
      continue
    }
    const next = current === '/' ? `/${name}` : `${current}/${name}`
    const target = await rules.linkAt(next)
    if (target === undefined || (pending.length === 0 && !rules.followLast)) {
      current = next
      continue
    }
    if (rules.mayFollow?.(next) === false) return { fault: 'link-refused', at: next }
    links += 1
    if (links > MAX_LINKS) return { fault: 'link-loop', at: next }
    if (target.startsWith('/')) current = '/'
    pending.push(...componentsOf(target).reverse())
  }
  return { path: current }
}

function componentsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

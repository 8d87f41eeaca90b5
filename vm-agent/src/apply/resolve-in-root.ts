import { MAX_LINKS, resolvePath } from '@muster/runtime/tree/resolve-path.ts'
import { ApplyError } from './apply-error.ts'
import type { TreeReader } from './entry.ts'

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
  const { noLinksBelow, followLast = true } = options
  const resolved = await resolvePath(path, {
    followLast,
    async linkAt(place) {
      const entry = await tree.entry(place)
      return entry?.type === 'link' ? entry.target : undefined
    },
    mayFollow: (place) =>
      noLinksBelow === undefined || !place.startsWith(noLinksBelow === '/' ? '/' : `${noLinksBelow}/`),
  })
  if ('path' in resolved) return resolved.path
  switch (resolved.fault) {
    case 'not-absolute':
      throw new ApplyError('wrong-type', `${JSON.stringify(path.slice(0, 100))} is not an absolute path`, {
        hint: 'Write the path from the root of the machine.',
      })
    case 'link-refused':
      throw new ApplyError('wrong-type', `${resolved.at} is a symbolic link in a place that its user controls`, {
        hint: `Replace the link ${resolved.at} by what it stands for.`,
        details: { path: resolved.at },
      })
    case 'link-loop':
      throw new ApplyError('link-loop', `${path} leads through more than ${MAX_LINKS} symbolic links`, {
        hint: 'Correct the links on the machine.',
        details: { path },
      })
  }
}

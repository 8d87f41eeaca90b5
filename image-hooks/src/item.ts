import type { FileContent } from './image-tree.ts'

/**
 * What happens where something else is already.
 *
 * `ours` it is replaced (refused when it never was ours) · `config` it is replaced when it is as we left it, and kept
 * when somebody has changed it · `seed` it is kept, whatever it is
 */
export type Policy = 'ours' | 'config' | 'seed'

/** One thing that shall be in the tree. */
export type Item =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly mode: number
      readonly content: FileContent
      readonly sha256: string
      readonly policy: Policy
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string; readonly policy: Policy }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  /** Added at the end of a file that is somebody else's, unless all its lines are there. */
  | { readonly kind: 'text'; readonly path: string; readonly text: string }

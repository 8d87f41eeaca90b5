import { CodedError } from '@muster/contexts/fault.ts'

/**
 * Why an image cannot be worked on.
 *
 * `no-root-tree` the directory is no Linux root tree · `no-agent` there is no executable to install ·
 * `bad-option` an option has a value that cannot be used · `foreign-file` something that Muster did not put there
 * stands where one of its files shall be · `unsafe-path` a path of the tree cannot be used: links in a circle, or
 * something else than a directory on the way · `not-installed` nothing was installed here ·
 * `damaged-manifest` the list of what was installed cannot be read · `agent-runs` an agent works on this state ·
 * `not-permitted` this user may not change the tree · `disk-full` · `write-failed` · `start-failed` the unit does not
 * start
 */
export type ImageErrorCode =
  | 'no-root-tree'
  | 'no-agent'
  | 'bad-option'
  | 'foreign-file'
  | 'unsafe-path'
  | 'not-installed'
  | 'damaged-manifest'
  | 'agent-runs'
  | 'not-permitted'
  | 'disk-full'
  | 'write-failed'
  | 'start-failed'

/** An image, or a machine, in which the agent cannot be installed, verified or removed. */
export class ImageError extends CodedError<ImageErrorCode> {}

/** The error for a failed system call at a path of the tree. */
export function imageFault(cause: unknown, path: string, verb: string): ImageError {
  if (cause instanceof ImageError) return cause
  const code = systemCodeOf(cause)
  const details = { path }
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new ImageError('disk-full', `${path} cannot be ${verb}: the disk is full`, {
        cause,
        details,
        hint: 'Make room (the agent needs about 120 MB) and run the same command again.',
      })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ImageError('not-permitted', `${path} cannot be ${verb} (${code})`, {
        cause,
        details,
        hint:
          code === 'EROFS'
            ? 'Mount the tree for writing.'
            : 'Run this as root, or on a tree that belongs to this user.',
      })
    case 'ENOTDIR':
    case 'ELOOP':
    case 'EISDIR':
    case 'EEXIST':
      return new ImageError('unsafe-path', `${path} cannot be ${verb}: something else is in its place (${code})`, {
        cause,
        details,
        hint: `Look at ${path} in the tree, move away what is there, and run the same command again.`,
      })
    default:
      return new ImageError('write-failed', `${path} cannot be ${verb} (${code ?? String(cause)})`, {
        cause,
        details,
        hint: 'Look at the file system of the tree, then run the same command again.',
      })
  }
}

/** Code of an error of the system, such as `ENOENT`. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

import { MeshError } from '../fault.ts'

/** What the system says when there is no room: disk full, quota used up, limit of a file's size reached. */
const NO_SPACE = ['ENOSPC', 'EDQUOT', 'EFBIG']

/** The error for a refusal of the file system; an error of the mesh stays what it is. */
export function storageError(verb: string, cause: unknown): MeshError {
  if (cause instanceof MeshError) return cause
  const code = systemCode(cause)
  const what = `A blob cannot be ${verb}${code === undefined ? '' : ` (${code})`}`
  if (code !== undefined && NO_SPACE.includes(code)) {
    return new MeshError('no-space', what, {
      cause,
      hint: 'The disk is full: free some space, then it is tried again.',
    })
  }
  return new MeshError('storage-failed', what, { cause, hint: 'Check the folder of blobs: its owner, mode and disk.' })
}

/** The code of a system error, for example `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

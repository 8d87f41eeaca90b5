import { closeSync, constants, openSync } from 'node:fs'

/** A handle that allows nothing but to stand in a directory: works without read permission (open(2), O_PATH). */
const O_PATH = 0o10000000

/**
 * Runs `use` with a path of this machine that names the canonical `path` of the tree below `root`.
 *
 * Every directory on the way is opened in turn without following links, and the given path goes through the last
 * handle: so a directory that somebody replaces by a link in this moment cannot lead out of the tree.
 *
 * @throws what the system calls throw; ENOENT or ENOTDIR when the parent does not exist (as a directory)
 */
export async function withHostPath<T>(
  root: string,
  path: string,
  use: (hostPath: string) => T | Promise<T>,
): Promise<T> {
  const handle = openParent(root, path)
  try {
    return await use(`/proc/self/fd/${handle}/${path === '/' ? '.' : path.slice(path.lastIndexOf('/') + 1)}`)
  } finally {
    closeSync(handle)
  }
}

function openParent(root: string, path: string): number {
  const names = path.split('/').filter((name) => name !== '')
  let handle = openSync(root, O_PATH | constants.O_DIRECTORY)
  for (const name of names.slice(0, -1)) {
    const parent = handle
    try {
      handle = openSync(`/proc/self/fd/${parent}/${name}`, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    } finally {
      closeSync(parent)
    }
  }
  return handle
}

import { createHash } from 'node:crypto'
import {
  type BigIntStats,
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { withHostPath } from '@muster/runtime/tree/host-path.ts'
import { MAX_LINKS, resolvePath } from '@muster/runtime/tree/resolve-path.ts'
import { ImageError, imageFault, systemCodeOf } from './image-error.ts'

/** What is at a path of the tree, without following a link at its end. */
export type TreeEntry =
  | { readonly kind: 'file'; readonly mode: number; readonly size: number; readonly owner: string }
  | { readonly kind: 'directory'; readonly mode: number; readonly owner: string }
  | { readonly kind: 'link'; readonly target: string; readonly owner: string }
  | { readonly kind: 'other'; readonly owner: string }

/** Bytes of a new file: given, or those of a file of this machine. */
export type FileContent = Uint8Array | { readonly copyOf: string }

/**
 * A root tree that files are put into. Paths are absolute inside the tree. Links on the way are followed as in a
 * chroot and never lead out of the tree, whoever changes it meanwhile; a link at the end is not followed.
 *
 * All methods throw {ImageError}: unsafe-path, not-permitted, disk-full, write-failed.
 */
export interface ImageTree {
  readonly root: string
  /** Owner that new things get: root where this process is root, else whoever runs it. */
  readonly setsOwner: boolean
  /** The path with the links on its way resolved. */
  canonical(path: string): Promise<string>
  entry(path: string): Promise<TreeEntry | undefined>
  /** Names in a directory, sorted; none when there is no such directory. */
  names(path: string): Promise<readonly string[]>
  /** @param limit - bytes; a longer file is refused */
  read(path: string, limit: number): Promise<Uint8Array>
  /** SHA-256 of a file, hex. */
  digest(path: string): Promise<string>
  /** Makes or replaces a file or link as a whole: a reader, and a crash, finds the old one or the new one. */
  write(path: string, content: FileContent, mode: number): Promise<void>
  link(path: string, target: string): Promise<void>
  makeDirectory(path: string, mode: number): Promise<void>
  setMode(path: string, mode: number): Promise<void>
  /** Removes a file, a link, or an empty directory. @returns false for a directory with content, or nothing there */
  remove(path: string): Promise<boolean>
  /** Removes all that is in a directory; links in it are removed, not followed. */
  empty(path: string): Promise<void>
}

const MODE_BITS = 0o7777n
const COPY_FLAGS = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL
const MISSING = new Set(['ENOENT', 'ENOTDIR'])

/** Opens the tree below a directory of this machine. @throws {ImageError} not-permitted - without /proc */
export function openImageTree(root: string): ImageTree {
  if (!existsSync('/proc/self/fd')) {
    throw new ImageError('not-permitted', '/proc is not mounted, and without it paths cannot be followed safely', {
      hint: 'In a chroot: mount -t proc proc /proc. Or run this from outside, with --root.',
    })
  }
  const setsOwner = process.geteuid?.() === 0
  const own = (handle: number) => {
    if (setsOwner) fchownSync(handle, 0, 0)
  }
  const canonical = (path: string) => canonicalPath(root, path)

  /** Runs a step at a path; the host path is only good inside. */
  async function at<T>(path: string, verb: string, step: (hostPath: string) => T | Promise<T>): Promise<T> {
    const place = await canonical(path)
    try {
      return await withHostPath(root, place, step)
    } catch (error) {
      throw imageFault(error, path, verb)
    }
  }

  return {
    root,
    setsOwner,
    canonical,
    async entry(path) {
      return (await entryAt(root, await canonical(path))) ?? undefined
    },
    async names(path) {
      if ((await entryAt(root, await canonical(path)))?.kind !== 'directory') return []
      return at(path, 'listed', (hostPath) => readdirSync(hostPath).sort())
    },
    read: (path, limit) => at(path, 'read', (hostPath) => readBounded(hostPath, path, limit)),
    digest: (path) => at(path, 'read', digestOf),
    write: (path, content, mode) =>
      at(path, 'written', (hostPath) =>
        replace(hostPath, (temporary) => {
          if (!(content instanceof Uint8Array)) copyFileSync(content.copyOf, temporary, COPY_FLAGS)
          const handle = openSync(temporary, content instanceof Uint8Array ? 'wx' : 'r+', 0o600)
          try {
            if (content instanceof Uint8Array) writeFileSync(handle, content)
            own(handle)
            fchmodSync(handle, mode)
            fsyncSync(handle)
          } finally {
            closeSync(handle)
          }
        }),
      ),
    link: (path, target) =>
      at(path, 'linked', (hostPath) =>
        replace(hostPath, (temporary) => {
          symlinkSync(target, temporary)
          if (setsOwner) lchownSync(temporary, 0, 0)
        }),
      ),
    makeDirectory: (path, mode) =>
      at(path, 'made', (hostPath) => {
        mkdirSync(hostPath, { mode: 0o700 })
        withHandle(hostPath, (handle) => {
          own(handle)
          fchmodSync(handle, mode)
        })
        syncParent(hostPath)
      }),
    setMode: (path, mode) =>
      at(path, 'changed', (hostPath) => withHandle(hostPath, (handle) => fchmodSync(handle, mode))),
    async remove(path) {
      if ((await entryAt(root, await canonical(path))) === undefined) return false
      return at(path, 'removed', removeOne)
    },
    empty: (path) =>
      at(path, 'emptied', (hostPath) => {
        if (!lstatSync(hostPath).isDirectory())
          throw new ImageError('unsafe-path', `${path} is no directory`, {
            hint: `Look at ${path} in the tree.`,
            details: { path },
          })
        for (const name of readdirSync(hostPath)) rmSync(`${hostPath}/${name}`, { recursive: true, force: true })
        syncParent(`${hostPath}/.`)
      }),
  }
}

async function canonicalPath(root: string, path: string): Promise<string> {
  const resolved = await resolvePath(path, {
    followLast: false,
    async linkAt(place) {
      const entry = await entryAt(root, place)
      return entry?.kind === 'link' ? entry.target : undefined
    },
  })
  if ('path' in resolved) return resolved.path
  throw new ImageError('unsafe-path', `${path} leads through more than ${MAX_LINKS} symbolic links`, {
    hint: `Correct the links of the tree on the way to ${path}.`,
    details: { path },
  })
}

async function entryAt(root: string, place: string): Promise<TreeEntry | undefined> {
  try {
    return await withHostPath(root, place, (hostPath) => entryOf(hostPath, lstatSync(hostPath, { bigint: true })))
  } catch (error) {
    if (MISSING.has(systemCodeOf(error) ?? '')) return undefined
    throw imageFault(error, place, 'looked at')
  }
}

function entryOf(hostPath: string, stats: BigIntStats): TreeEntry {
  const owner = `${stats.uid}:${stats.gid}`
  const mode = Number(stats.mode & MODE_BITS)
  if (stats.isSymbolicLink()) return { kind: 'link', target: readlinkSync(hostPath), owner }
  if (stats.isDirectory()) return { kind: 'directory', mode, owner }
  if (stats.isFile()) return { kind: 'file', mode, size: Number(stats.size), owner }
  return { kind: 'other', owner }
}

/** Opens without following a link, and without waiting for the other end of a pipe. */
function withHandle<T>(hostPath: string, use: (handle: number) => T): T {
  const handle = openSync(hostPath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    return use(handle)
  } finally {
    closeSync(handle)
  }
}

function readBounded(hostPath: string, path: string, limit: number): Uint8Array {
  return withHandle(hostPath, (handle) => {
    const stats = fstatSync(handle)
    if (stats.isFile() && stats.size <= limit) return new Uint8Array(readFileSync(handle))
    throw new ImageError('unsafe-path', `${path} is ${stats.isFile() ? 'too large' : 'no regular file'}`, {
      hint: `Look at ${path} in the tree.`,
      details: { path, limit },
    })
  })
}

async function digestOf(hostPath: string): Promise<string> {
  const hash = createHash('sha256')
  const handle = openSync(hostPath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  // The stream closes the handle.
  for await (const chunk of createReadStream('', { fd: handle })) hash.update(chunk)
  return hash.digest('hex')
}

/** By a file of a fixed name beside it, so that what a crash has left is used up by the next try. */
function replace(hostPath: string, make: (temporary: string) => void): void {
  const temporary = temporaryOf(hostPath)
  rmSync(temporary, { force: true })
  try {
    make(temporary)
    renameSync(temporary, hostPath)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncParent(hostPath)
}

/** Name under which a file comes into being. */
export function temporaryOf(path: string): string {
  return path.replace(/([^/]+)$/, '.$1.muster-new')
}

function removeOne(hostPath: string): boolean {
  if (!lstatSync(hostPath).isDirectory()) unlinkSync(hostPath)
  else if (readdirSync(hostPath).length > 0) return false
  else rmdirSync(hostPath)
  syncParent(hostPath)
  return true
}

/** Makes the names of a directory durable. */
function syncParent(hostPath: string): void {
  const handle = openSync(hostPath.replace(/[^/]+$/, '.'), constants.O_RDONLY)
  try {
    fsyncSync(handle)
  } catch (error) {
    // Some file systems of image builders cannot; they write in time.
    if (systemCodeOf(error) !== 'EINVAL') throw error
  } finally {
    closeSync(handle)
  }
}

import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { withHostPath } from '@muster/runtime/tree/host-path.ts'
import { ApplyError, fileFault, systemCodeOf } from './apply-error.ts'
import { readEntry } from './disk-tree.ts'
import { syncFile, syncPath } from './durable.ts'
import { childOf, type Entry, type Mutation, type NewContent, type Owner, parentOf } from './entry.ts'

type Write = Extract<Mutation, { do: 'write' }>

/**
 * Makes one change in the tree below `root`. Files and links come into being under `temporaryName` beside their place
 * and take it by rename, so that a reader sees the old one or the new one, whole.
 *
 * @throws {ApplyError} disk-full, not-permitted, wrong-type, write-failed
 */
export async function changeEntry(root: string, mutation: Mutation, temporaryName: string): Promise<void> {
  const temporary = childOf(parentOf(mutation.path), temporaryName)
  try {
    await withHostPath(root, mutation.path, async (hostPath) => {
      const temporaryHostPath = hostPath.replace(/[^/]*$/, temporaryName)
      switch (mutation.do) {
        case 'write':
          return await writeAside(mutation, hostPath, temporaryHostPath)
        case 'directory':
          mkdirSync(hostPath, 0o700)
          return setAttributes(hostPath, mutation.mode, mutation.owner)
        case 'link':
          symlinkSync(mutation.target, temporaryHostPath)
          if (mutation.owner !== undefined) lchownSync(temporaryHostPath, mutation.owner.uid, mutation.owner.gid)
          return renameSync(temporaryHostPath, hostPath)
        case 'remove':
          return removeOne(hostPath)
        case 'attributes':
          return setAttributes(hostPath, mutation.mode, mutation.owner)
      }
    })
  } catch (error) {
    await removeLeftover(root, temporary)
    throw faultOf(error, mutation)
  }
}

/** Makes the names in a directory of the tree durable. */
export async function syncDirectory(root: string, path: string): Promise<void> {
  try {
    await withHostPath(root, path === '/' ? '/' : `${path}/.`, syncPath)
  } catch (error) {
    // A directory that may be changed but not read cannot be opened for this; its file system writes it in time.
    if (!['EACCES', 'ENOENT', 'ENOTDIR', 'EINVAL'].includes(systemCodeOf(error) ?? ''))
      throw fileFault(error, path, 'synced')
  }
}

/** Takes a file, link or empty directory away. @throws what the system call throws; ENOTEMPTY for a full directory */
export function removeOne(hostPath: string): void {
  if (readEntry(hostPath).type === 'directory') rmdirSync(hostPath)
  else unlinkSync(hostPath)
}

/** Removes a temporary file that a stopped or failed change has left; a missing one is fine. */
export async function removeLeftover(root: string, path: string): Promise<void> {
  try {
    await withHostPath(root, path, (hostPath) => unlinkSync(hostPath))
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) throw fileFault(error, path, 'removed')
  }
}

/** Sets owner, then mode (a change of owner takes set-user-id bits away); the mode of a link means nothing. */
export function setAttributes(hostPath: string, mode: number, owner: Owner | undefined): void {
  const present = readEntry(hostPath)
  if (owner !== undefined && (present.uid !== owner.uid || present.gid !== owner.gid)) {
    lchownSync(hostPath, owner.uid, owner.gid)
  }
  if (present.type !== 'link') chmodSync(hostPath, mode)
}

async function writeAside(mutation: Write, hostPath: string, temporaryHostPath: string): Promise<void> {
  refuseDirectory(hostPath, mutation.path)
  const file = await openFilled(mutation.content, temporaryHostPath)
  try {
    if (mutation.owner !== undefined) fchownSync(file, mutation.owner.uid, mutation.owner.gid)
    fchmodSync(file, mutation.mode)
    if (mutation.mtimeMs !== undefined) futimesSync(file, mutation.mtimeMs / 1000, mutation.mtimeMs / 1000)
    await syncFile(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporaryHostPath, hostPath)
}

/** Makes a file with its content. @returns its handle, open for writing */
async function openFilled(content: NewContent, hostPath: string): Promise<number> {
  const file = openSync(hostPath, 'wx', 0o600)
  try {
    if (content instanceof Uint8Array) {
      writeFileSync(file, content)
      return file
    }
  } catch (error) {
    closeSync(file)
    throw error
  }
  closeSync(file)
  await content.produce(hostPath)
  return openSync(hostPath, 'r+')
}

function refuseDirectory(hostPath: string, path: string): void {
  let entry: Entry
  try {
    entry = readEntry(hostPath)
  } catch {
    return
  }
  if (entry.type === 'directory') throw wrongType(path, 'is a directory, where a file shall be')
}

function faultOf(error: unknown, mutation: Mutation): ApplyError {
  const { path } = mutation
  switch (systemCodeOf(error)) {
    case 'EEXIST':
    case 'EISDIR':
      return wrongType(path, 'is already there as something else')
    case 'ENOTDIR':
      return wrongType(path, 'lies below something that is not a directory')
    case 'ENOTEMPTY':
      return wrongType(path, 'is a directory with content')
    default:
      return fileFault(error, path, mutation.do === 'remove' ? 'removed' : 'written')
  }
}

function wrongType(path: string, problem: string): ApplyError {
  return new ApplyError('wrong-type', `${path} ${problem}`, {
    hint: `Move ${path} away on the machine, or let the context name another path.`,
    details: { path },
  })
}

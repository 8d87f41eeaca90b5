import { closeSync, constants, fchmodSync, linkSync, lstatSync, openSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withHostPath } from '@muster/runtime/tree/host-path.ts'
import { ApplyError, fileFault, systemCodeOf } from './apply-error.ts'
import { readEntry } from './disk-tree.ts'
import { syncFile } from './durable.ts'
import { childOf, type Entry, type Mutation, parentOf } from './entry.ts'
import type { IntentRecord } from './journal-record.ts'

/** Failures of link(2) after which a copy is made instead. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'EMLINK', 'EOPNOTSUPP', 'EACCES'])

/** What the intent of a change needs besides the change. */
export interface IntentPlace {
  readonly root: string
  /** Directory of the transaction. */
  readonly directory: string
  readonly index: number
  /** Random part of temporary names, one a transaction. */
  readonly token: string
  readonly isRecursive: boolean
}

/**
 * Records what is at the path of a change, and keeps its content beside the journal.
 *
 * The content is kept as a hard link where possible: that costs nothing and brings back the very file, with times,
 * attributes and labels. Its mode stays as it was; the directory around it is 0700.
 */
export async function captureBefore(mutation: Mutation, place: IntentPlace): Promise<IntentRecord> {
  const { root, index, token, isRecursive } = place
  const before = await entryOf(root, mutation.path)
  const needsContent = before?.type === 'file' && mutation.do !== 'attributes'
  const blob = needsContent ? `blob-${index}` : null
  if (before?.type === 'other' && mutation.do !== 'attributes') throw refuseOther(mutation.path)
  if (blob !== null) await keepContent(root, mutation.path, join(place.directory, blob), isRecursive)
  const parent = await entryOf(root, parentOf(mutation.path))
  return {
    type: 'intent',
    index,
    path: mutation.path,
    before: before ?? null,
    blob,
    temporary: childOf(parentOf(mutation.path), `.muster-${token}-${index}`),
    parentMtimeMs: parent?.type === 'directory' ? parent.mtimeMs : null,
    isRecursive,
  }
}

/** What is at a canonical path of the tree, or undefined. */
export async function entryOf(root: string, path: string): Promise<Entry | undefined> {
  try {
    return await withHostPath(root, path, readEntry)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return undefined
    throw fileFault(error, path, 'looked at')
  }
}

/** Tools write into some files in place (`passwd-`), which a hard link would not survive: those are copied. */
async function keepContent(root: string, path: string, blobPath: string, isCopied: boolean): Promise<void> {
  try {
    await withHostPath(root, path, async (hostPath) => {
      if (!isCopied && tryLink(hostPath, blobPath)) return
      await copyFile(hostPath, blobPath, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      const file = openSync(blobPath, 'r+')
      try {
        fchmodSync(file, 0o600)
        await syncFile(file)
      } finally {
        closeSync(file)
      }
    })
  } catch (error) {
    throw fileFault(error, path, 'kept for the way back')
  }
}

function tryLink(hostPath: string, blobPath: string): boolean {
  try {
    linkSync(hostPath, blobPath)
    return lstatSync(blobPath).isFile()
  } catch (error) {
    if (NO_LINK.has(systemCodeOf(error) ?? '')) return false
    throw error
  }
}

function refuseOther(path: string): ApplyError {
  return new ApplyError('wrong-type', `${path} is a device, socket or pipe, which is not replaced`, {
    hint: `Remove ${path} on the machine, or let the context name another path.`,
    details: { path },
  })
}

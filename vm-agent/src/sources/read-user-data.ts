import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '@muster/contexts/fault.ts'
import { MAX_CONTEXT_BYTES } from '@muster/contexts/userdata/document.ts'
import { MAX_PARTS } from '@muster/contexts/userdata/mime.ts'
import { readTransport } from '@muster/contexts/userdata/transport.ts'
import { ApplyError } from '../apply/apply-error.ts'
import { createDiskTree } from '../apply/disk-tree.ts'
import { resolveInRoot } from '../apply/resolve-in-root.ts'
import { systemCode } from '../identity/agent-error.ts'

/** What cloud-init has left of the user-data of this machine. */
export type FoundUserData =
  | { readonly kind: 'none' }
  /** `isRaw`: one text as the cloud gave it; else parts of our types, in order, which cloud-init does nothing with. */
  | { readonly kind: 'found'; readonly isRaw: boolean; readonly texts: readonly string[] }
  /** There is something, and it cannot be read as text; no secret in it. */
  | { readonly kind: 'unreadable'; readonly message: string; readonly hint: string | undefined }

/** Written by the part handler: `part-001`, …, and at last `complete`. */
export const PARTS_DIRECTORY = '/run/muster/user-data'
/** The user-data as the cloud gave it. `instance` is a link that cloud-init makes. */
export const RAW_FILE = '/var/lib/cloud/instance/user-data.txt'

const PART_NAME = /^part-\d{1,6}$/
const COMPLETE = 'complete'
const CHUNK = 64 * 1024

/**
 * Reads the user-data: the parts for us when cloud-init has handed some over, else the whole text. Links can lead
 * neither out of the tree nor to another file at their end; nothing is read beyond the limits of a context.
 */
export async function readUserData(root: string): Promise<FoundUserData> {
  try {
    const texts = await readParts(root)
    if (texts.length > 0) return { kind: 'found', isRaw: false, texts }
    const raw = await readText(await pathIn(root, RAW_FILE))
    return raw === undefined || raw.trim() === '' ? { kind: 'none' } : { kind: 'found', isRaw: true, texts: [raw] }
  } catch (error) {
    return unreadable(error)
  }
}

async function readParts(root: string): Promise<readonly string[]> {
  const directory = await pathIn(root, PARTS_DIRECTORY)
  const names = await namesIn(directory)
  if (!names.includes(COMPLETE)) return []
  const parts = names.filter((name) => PART_NAME.test(name)).sort(byNumber)
  if (parts.length > MAX_PARTS) throw tooMuch(`has more than ${MAX_PARTS} parts`)
  const texts: string[] = []
  let total = 0
  for (const name of parts) {
    const text = await readText(join(directory, name))
    if (text === undefined || text.trim() === '') continue
    total += text.length
    if (total > MAX_CONTEXT_BYTES) throw tooMuch(`has more than ${MAX_CONTEXT_BYTES / 1024} KiB in its parts`)
    texts.push(text)
  }
  return texts
}

function byNumber(left: string, right: string): number {
  return Number(left.slice('part-'.length)) - Number(right.slice('part-'.length))
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** The path below `root` as a path of this machine. */
async function pathIn(root: string, path: string): Promise<string> {
  const resolved = await resolveInRoot(createDiskTree(root), path)
  return root === '/' ? resolved : join(root, resolved)
}

/** @returns undefined: there is no such file, or it is no regular one */
async function readText(path: string): Promise<string | undefined> {
  const bytes = await readBytes(path)
  return bytes === undefined ? undefined : (await readTransport(bytes)).text
}

async function readBytes(path: string): Promise<Uint8Array | undefined> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  try {
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      if (!(await file.stat()).isFile()) return undefined
      const chunks: Buffer[] = []
      let size = 0
      // One byte above the limit is enough to tell that there is too much.
      while (size <= MAX_CONTEXT_BYTES) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, null)
        if (bytesRead === 0) break
        chunks.push(buffer.subarray(0, bytesRead))
        size += bytesRead
      }
      return new Uint8Array(Buffer.concat(chunks))
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isMissing(error) || systemCode(error) === 'ELOOP') return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR'
}

function tooMuch(what: string): ApplyError {
  return new ApplyError('too-large', `The user-data ${what}`, {
    hint: 'Put large files where the machine can fetch them, and let the context name them.',
  })
}

function unreadable(error: unknown): FoundUserData {
  if (error instanceof CodedError) {
    const { message, hint } = error
    return { kind: 'unreadable', message: message.replace(/^The context/, 'The user-data'), hint }
  }
  const code = systemCode(error)
  if (code === undefined) throw error
  return {
    kind: 'unreadable',
    message: `The user-data cannot be read (${code})`,
    hint: 'Look at the log of cloud-init.',
  }
}

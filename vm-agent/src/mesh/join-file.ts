import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJoinText, JOIN_FILE, type JoinSettings } from '@muster/contexts/cluster/join-section.ts'
import { createDiskTree } from '../apply/disk-tree.ts'
import { resolveInRoot } from '../apply/resolve-in-root.ts'
import { systemCode } from '../identity/agent-error.ts'

/** What is in the place from which the agent joins a cluster. */
export type JoinFile =
  | { readonly kind: 'absent' }
  | { readonly kind: 'join'; readonly digest: string; readonly settings: JoinSettings }
  /** It cannot be used; `message` has the lines of its problems, and no secret. */
  | { readonly kind: 'bad'; readonly digest: string; readonly message: string; readonly hint: string }

/** A few lines; a larger file is not ours. */
const MAX_BYTES = 64 * 1024
const PRIVATE = 0o600
const OTHERS = 0o077
/** Problems that a message lists. */
const MAX_SHOWN = 5

/** The file of the machine below `root` as a path of this machine; links in the tree cannot lead it out. */
export async function joinFilePath(root: string): Promise<string> {
  const path = await resolveInRoot(createDiskTree(root), JOIN_FILE)
  return root === '/' ? path : join(root, path)
}

/**
 * Reads it, and takes it from other users of the machine when somebody left it open to them: it holds a token, and
 * tools that write files of user-data make them readable for all unless told otherwise. Never fails: what is wrong with
 * the file is an answer too.
 */
export async function readJoinFile(root: string): Promise<JoinFile> {
  let text: string
  try {
    text = await readBounded(await joinFilePath(root))
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' }
    const message = `${JOIN_FILE} cannot be read (${code ?? 'error'})`
    return { kind: 'bad', digest: message, message, hint: 'Check the file and its rights.' }
  }
  const digest = createHash('sha256').update(text).digest('hex')
  const { settings, diagnostics } = decodeJoinText(text)
  if (settings !== undefined) return { kind: 'join', digest, settings }
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const shown = errors.slice(0, MAX_SHOWN).map(({ message, span }) => `line ${span.start.line}: ${message}`)
  const message = `${JOIN_FILE} cannot be used: ${shown.join('; ')}`
  return { kind: 'bad', digest, message, hint: 'Correct it; the agent reads it again at once.' }
}

/** Whether the machine is to join a cluster. */
export async function hasJoinFile(root: string): Promise<boolean> {
  try {
    return (await stat(await joinFilePath(root))).isFile()
  } catch {
    return false
  }
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    if (((await file.stat()).mode & OTHERS) !== 0) await file.chmod(PRIVATE)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

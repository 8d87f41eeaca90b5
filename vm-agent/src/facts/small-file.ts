import { open, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'

/** Facts come from files of a few lines; more than this is not such a file. */
const MAX_FACT_BYTES = 1024 * 1024

/** How to read a fact below a tree. */
export interface TreeReader {
  /** The text of a file, without anything that leads out of the tree; undefined when it is missing or unusable. */
  read(path: string): Promise<string | undefined>
}

/**
 * Reads small text files of a machine or of a tree. A link in a tree that points outside of it (`/etc/os-release` made
 * absolute) would tell about the host instead, so it counts as missing.
 *
 * @param root - `/` for the running machine
 */
export function createTreeReader(root: string, signal?: AbortSignal): TreeReader {
  return {
    async read(path) {
      signal?.throwIfAborted()
      const inside = await resolveInside(root, path)
      return inside === undefined ? undefined : readBounded(inside)
    },
  }
}

async function resolveInside(root: string, path: string): Promise<string | undefined> {
  if (root === '/') return path
  try {
    const [base, real] = await Promise.all([realpath(root), realpath(join(root, path))])
    return real === base || real.startsWith(base + sep) ? real : undefined
  } catch {
    return undefined
  }
}

/** Facts are optional: a file that cannot be read is a fact that is not known. */
async function readBounded(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, 'r')
    try {
      const buffer = Buffer.alloc(64 * 1024)
      const chunks: Buffer[] = []
      let total = 0
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length)
        if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8')
        total += bytesRead
        if (total > MAX_FACT_BYTES) return undefined
        chunks.push(Buffer.from(buffer.subarray(0, bytesRead)))
      }
    } finally {
      await file.close()
    }
  } catch {
    return undefined
  }
}

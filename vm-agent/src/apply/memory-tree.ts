import { ApplyError } from './apply-error.ts'
import { type Entry, type Mutation, nameOf, parentOf, type TreeReader } from './entry.ts'

/** A tree that can be changed in memory. */
export interface MemoryTree extends TreeReader {
  change(mutations: readonly Mutation[]): Promise<void>
}

interface Node {
  readonly entry: Entry
  readonly content: Uint8Array | undefined
}

/**
 * Lays changes over a tree without touching it, so that a dry run takes the same steps as an apply: a file that is
 * owned by a user whom an earlier step makes finds that user here.
 */
export function createMemoryTree(below: TreeReader): MemoryTree {
  /** What differs from the tree below; `undefined` was removed. */
  const nodes = new Map<string, Node | undefined>()

  async function entry(path: string): Promise<Entry | undefined> {
    if (nodes.has(path)) return nodes.get(path)?.entry
    return hasNewAncestor(path) ? undefined : below.entry(path)
  }

  /** Whether some parent was removed or made here, so that nothing of the tree below shows through. */
  function hasNewAncestor(path: string): boolean {
    for (let parent = parentOf(path); parent !== '/'; parent = parentOf(parent)) {
      if (nodes.has(parent) && !isSeenThrough.has(parent)) return true
    }
    return false
  }

  /** Directories that exist below and only got other attributes. */
  const isSeenThrough = new Set<string>()

  async function changeOne(mutation: Mutation): Promise<void> {
    const { path } = mutation
    const before = await entry(path)
    if (mutation.do === 'remove') {
      nodes.set(path, undefined)
      isSeenThrough.delete(path)
      return
    }
    if (mutation.do === 'attributes') {
      if (before === undefined) return
      if (before.type === 'directory' && !nodes.has(path)) isSeenThrough.add(path)
      nodes.set(path, { entry: withAttributes(before, mutation), content: nodes.get(path)?.content })
      return
    }
    nodes.set(path, nodeOf(mutation))
  }

  return {
    entry,
    async content(path, limit) {
      const node = nodes.get(path)
      if (node?.content === undefined) return below.content(path, limit)
      if (node.content.byteLength > limit) throw new ApplyError('too-large', `${path} is above ${limit} bytes`)
      return node.content
    },
    async names(path) {
      const isHidden = (nodes.has(path) && !isSeenThrough.has(path)) || hasNewAncestor(path)
      const names = new Set(isHidden ? [] : await below.names(path))
      for (const [key, node] of nodes) {
        if (key === '/' || parentOf(key) !== path) continue
        if (node === undefined) names.delete(nameOf(key))
        else names.add(nameOf(key))
      }
      return [...names].sort()
    },
    async change(mutations) {
      for (const mutation of mutations) await changeOne(mutation)
    },
  }
}

function withAttributes(entry: Entry, mutation: Extract<Mutation, { do: 'attributes' }>): Entry {
  const owner = mutation.owner ?? { uid: entry.uid, gid: entry.gid }
  return entry.type === 'link' ? { ...entry, ...owner } : { ...entry, ...owner, mode: mutation.mode }
}

function nodeOf(mutation: Extract<Mutation, { do: 'write' | 'directory' | 'link' }>): Node {
  const owner = mutation.owner ?? { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  switch (mutation.do) {
    case 'write': {
      const content = mutation.content instanceof Uint8Array ? mutation.content : new Uint8Array()
      const size = mutation.content instanceof Uint8Array ? content.byteLength : mutation.content.size
      return { entry: { type: 'file', mode: mutation.mode, size, mtimeMs: mutation.mtimeMs ?? 0, ...owner }, content }
    }
    case 'directory':
      return { entry: { type: 'directory', mode: mutation.mode, mtimeMs: 0, ...owner }, content: undefined }
    case 'link':
      return { entry: { type: 'link', target: mutation.target, ...owner }, content: undefined }
  }
}

import { lstatSync, readdirSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { systemCodeOf } from './apply-error.ts'
import { readEntry } from './disk-tree.ts'
import { childOf, type Entry, type Mutation } from './entry.ts'

/** Both sides of an overlay after something ran in it. */
export interface OverlaySides {
  /** The changed entries, with whiteouts. */
  readonly upper: string
  /** The tree as the programs saw it. */
  readonly merged: string
  /** The tree before, as a directory of this machine. */
  readonly lower: string
  /** Canonical paths that are not carried over, with what is below. */
  readonly ignored: ReadonlySet<string>
}

/** What is to be done to the tree so that it becomes what the programs saw. */
export interface OverlayDifference {
  readonly mutations: readonly Mutation[]
  /** Devices, sockets and pipes, and names that are not UTF-8: these stay behind. */
  readonly leftBehind: readonly string[]
}

/**
 * Reads what happened in an overlay. A directory that hides what was below it (removed and made again) is recognized
 * by comparing what the programs saw with what was there, so no extended attributes are needed.
 */
export async function readOverlayDifference(sides: OverlaySides): Promise<OverlayDifference> {
  const mutations: Mutation[] = []
  const leftBehind: string[] = []
  await compareDirectory(sides, '/', mutations, leftBehind)
  return { mutations, leftBehind }
}

async function compareDirectory(
  sides: OverlaySides,
  directory: string,
  mutations: Mutation[],
  leftBehind: string[],
): Promise<void> {
  const seen = new Set(readdirSync(sides.merged + directory))
  for (const name of namesIn(sides.lower + directory)) {
    const path = childOf(directory, name)
    if (!seen.has(name) && !sides.ignored.has(path)) mutations.push(...removals(sides.lower, path))
  }
  for (const name of readdirSync(sides.upper + directory)) {
    const path = childOf(directory, name)
    if (sides.ignored.has(path) || !seen.has(name)) continue
    if (name.includes('\ufffd')) leftBehind.push(path)
    else await compareEntry(sides, path, mutations, leftBehind)
  }
}

async function compareEntry(
  sides: OverlaySides,
  path: string,
  mutations: Mutation[],
  leftBehind: string[],
): Promise<void> {
  const before = entryAt(sides.lower + path)
  const after = readEntry(sides.upper + path)
  if (after.type === 'other') {
    leftBehind.push(path)
    return
  }
  if (before !== undefined && before.type !== after.type) mutations.push(...removals(sides.lower, path))
  const present = before?.type === after.type ? before : undefined
  if (after.type === 'directory') {
    const owner = { uid: after.uid, gid: after.gid }
    if (present === undefined) mutations.push({ do: 'directory', path, mode: after.mode, owner })
    else if (hasOtherAttributes(present, after)) mutations.push({ do: 'attributes', path, mode: after.mode, owner })
    await compareDirectory(sides, path, mutations, leftBehind)
    return
  }
  const mutation = await mutationFor(sides, path, present, after)
  if (mutation !== undefined) mutations.push(mutation)
}

async function mutationFor(
  sides: OverlaySides,
  path: string,
  before: Entry | undefined,
  after: Extract<Entry, { type: 'file' | 'link' }>,
): Promise<Mutation | undefined> {
  const owner = { uid: after.uid, gid: after.gid }
  if (after.type === 'link') {
    const isSame = before?.type === 'link' && before.target === after.target && !hasOtherAttributes(before, after)
    return isSame ? undefined : { do: 'link', path, target: after.target, owner }
  }
  const source = sides.upper + path
  if (before?.type === 'file' && (await isSameContent(sides.lower + path, source, before.size, after.size))) {
    return hasOtherAttributes(before, after) ? { do: 'attributes', path, mode: after.mode, owner } : undefined
  }
  const produce = (hostPath: string) => copyFile(source, hostPath)
  return { do: 'write', path, content: { size: after.size, produce }, mode: after.mode, owner, mtimeMs: after.mtimeMs }
}

function hasOtherAttributes(before: Entry, after: Entry): boolean {
  if (before.uid !== after.uid || before.gid !== after.gid) return true
  return before.type !== 'link' && after.type !== 'link' && before.mode !== after.mode
}

/** Larger files that were opened for writing count as changed: comparing them would cost more than writing them. */
const MAX_COMPARED_BYTES = 16 * 1024 * 1024

async function isSameContent(left: string, right: string, leftSize: number, rightSize: number): Promise<boolean> {
  if (leftSize !== rightSize || leftSize > MAX_COMPARED_BYTES) return false
  const [a, b] = await Promise.all([readFile(left), readFile(right)])
  return a.equals(b)
}

/** Removal of an entry and of everything below it, children first. */
function removals(lower: string, path: string): readonly Mutation[] {
  const stats = lstatSync(lower + path)
  const below = stats.isDirectory() ? namesIn(lower + path).flatMap((name) => removals(lower, childOf(path, name))) : []
  return [...below, { do: 'remove', path }]
}

function entryAt(hostPath: string): Entry | undefined {
  try {
    return readEntry(hostPath)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return undefined
    throw error
  }
}

function namesIn(hostPath: string): readonly string[] {
  try {
    return lstatSync(hostPath).isDirectory() ? readdirSync(hostPath) : []
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return []
    throw error
  }
}

import { ImageError } from './image-error.ts'
import type { ImageTree } from './image-tree.ts'
import type { Item } from './item.ts'
import { isAsLeft, type ManifestEntry } from './manifest.ts'

/** What is done about one path. */
export type StepAction = 'create' | 'replace' | 'mode' | 'add' | 'remove'

/** One change of the tree. */
export interface Step {
  readonly action: StepAction
  readonly path: string
  perform(tree: ImageTree): Promise<void>
}

/** Something that stays as it is although an item wants it otherwise. */
export interface Kept {
  readonly path: string
  readonly reason: string
}

/** What to do about one item, and what the manifest then says of it; no entry: it is not ours. */
export interface ItemPlan {
  readonly entry: ManifestEntry | undefined
  readonly step: Step | undefined
  readonly kept: Kept | undefined
}

const MAX_TEXT_BYTES = 4 * 1024 * 1024

/** Compares an item with the tree. Writes nothing. @throws {ImageError} foreign-file */
export async function planItem(
  tree: ImageTree,
  item: Item,
  before: ManifestEntry | undefined,
  isForced: boolean,
): Promise<ItemPlan> {
  switch (item.kind) {
    case 'file':
      return planFile(tree, item, before, isForced)
    case 'link':
      return planLink(tree, item, before, isForced)
    case 'directory':
      return planDirectory(tree, item)
    case 'text':
      return planText(tree, item, before)
  }
}

type Of<K extends Item['kind']> = Extract<Item, { kind: K }>

async function planFile(
  tree: ImageTree,
  item: Of<'file'>,
  before: ManifestEntry | undefined,
  isForced: boolean,
): Promise<ItemPlan> {
  const { path, mode, sha256, content, policy } = item
  const entry: ManifestEntry = { kind: 'file', path, mode, sha256, isConfig: policy !== 'ours' }
  const write = (action: StepAction): ItemPlan =>
    done(entry, { action, path, perform: (target) => target.write(path, content, mode) })
  const present = await tree.entry(path)
  if (present === undefined) return write('create')
  if (present.kind === 'directory') throw foreign(path, 'a directory')
  const digest = present.kind === 'file' ? await tree.digest(path) : undefined
  if (policy === 'seed') return done(before, undefined)
  if (present.kind === 'file' && digest === sha256) {
    if (present.mode === mode) return done(entry, undefined)
    return done(entry, { action: 'mode', path, perform: (target) => target.setMode(path, mode) })
  }
  if (policy === 'config' && !isAsLeft(before, digest) && !isForced)
    return kept(before, path, 'it was changed on this machine')
  if (before === undefined && !isForced) throw foreign(path, 'a file that Muster did not put there')
  return write('replace')
}

async function planLink(
  tree: ImageTree,
  item: Of<'link'>,
  before: ManifestEntry | undefined,
  isForced: boolean,
): Promise<ItemPlan> {
  const { path, target, policy } = item
  const entry: ManifestEntry = { kind: 'link', path, target, isConfig: policy !== 'ours' }
  const write = (action: StepAction): ItemPlan =>
    done(entry, { action, path, perform: (tree_) => tree_.link(path, target) })
  const present = await tree.entry(path)
  if (present === undefined) return write('create')
  if (present.kind === 'link' && present.target === target && policy !== 'seed') return done(entry, undefined)
  if (policy === 'seed') return done(before, undefined)
  if (present.kind === 'directory') throw foreign(path, 'a directory')
  if (policy === 'config' && !isForced) return kept(before, path, 'something else stands there')
  if (before === undefined && !isForced) throw foreign(path, 'something that Muster did not put there')
  return write('replace')
}

async function planDirectory(tree: ImageTree, item: Of<'directory'>): Promise<ItemPlan> {
  const { path, mode } = item
  const entry: ManifestEntry = { kind: 'directory', path, mode }
  const present = await tree.entry(path)
  if (present === undefined)
    return done(entry, { action: 'create', path, perform: (target) => target.makeDirectory(path, mode) })
  if (present.kind !== 'directory') throw foreign(path, 'something that is no directory')
  if (present.mode === mode) return done(entry, undefined)
  return done(entry, { action: 'mode', path, perform: (target) => target.setMode(path, mode) })
}

async function planText(tree: ImageTree, item: Of<'text'>, before: ManifestEntry | undefined): Promise<ItemPlan> {
  const { path } = item
  const present = await readText(tree, path)
  if (present === undefined) {
    const content = new TextEncoder().encode(item.text)
    const entry: ManifestEntry = { kind: 'text', path, text: item.text, madeFile: true }
    return done(entry, { action: 'create', path, perform: (target) => target.write(path, content, 0o644) })
  }
  const lines = new Set(present.text.split('\n'))
  if (item.text.split('\n').every((line) => lines.has(line))) return done(before, undefined)
  const base = withoutText(present.text, before)
  const text = base === '' || base.endsWith('\n') ? item.text : `\n${item.text}`
  const madeFile = before?.kind === 'text' && before.madeFile
  // A file that was ours and that somebody has changed stays listed as that file.
  const entry: ManifestEntry = before?.kind === 'file' ? before : { kind: 'text', path, text, madeFile }
  const content = new TextEncoder().encode(base + text)
  return done(entry, { action: 'add', path, perform: (target) => target.write(path, content, present.mode) })
}

/** A text without what an entry has added at its end. */
export function withoutText(text: string, entry: ManifestEntry | undefined): string {
  return entry?.kind === 'text' && text.endsWith(entry.text) ? text.slice(0, -entry.text.length) : text
}

/** Text and mode of a file that is somebody else's; undefined when there is none. */
export async function readText(tree: ImageTree, path: string) {
  const present = await tree.entry(path)
  if (present === undefined) return undefined
  if (present.kind !== 'file') throw foreign(path, 'no regular file')
  return { text: Buffer.from(await tree.read(path, MAX_TEXT_BYTES)).toString('utf8'), mode: present.mode }
}

function done(entry: ManifestEntry | undefined, step: Step | undefined): ItemPlan {
  return { entry, step, kept: undefined }
}

function kept(entry: ManifestEntry | undefined, path: string, reason: string): ItemPlan {
  return { entry, step: undefined, kept: { path, reason } }
}

function foreign(path: string, what: string): ImageError {
  return new ImageError('foreign-file', `${path} is ${what}`, {
    hint: `Move ${path} away; or take it over with --force, which loses it.`,
    details: { path },
  })
}

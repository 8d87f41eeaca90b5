import type { ImageTree } from './image-tree.ts'
import { isAsLeft, type ManifestEntry } from './manifest.ts'
import { readText, withoutText } from './plan-steps.ts'

/** What became of an entry: `kept` somebody has changed it; `gone` it was not there. */
export type Removal = 'removed' | 'kept' | 'gone'

/** Removes one installed thing as far as it is still ours, or however it is when `isForced`. */
export async function removeEntry(tree: ImageTree, entry: ManifestEntry, isForced: boolean): Promise<Removal> {
  const { path } = entry
  const present = await tree.entry(path)
  if (present === undefined) return 'gone'
  switch (entry.kind) {
    case 'text':
      return removeText(tree, entry)
    case 'directory':
      return (await tree.remove(path)) ? 'removed' : 'kept'
    case 'link':
      return takeAway(tree, path, isForced || (present.kind === 'link' && present.target === entry.target))
    case 'file':
      if (present.kind !== 'file') return takeAway(tree, path, isForced)
      return takeAway(tree, path, isForced || isAsLeft(entry, await tree.digest(path)))
  }
}

async function takeAway(tree: ImageTree, path: string, isOurs: boolean): Promise<Removal> {
  return isOurs && (await tree.remove(path)) ? 'removed' : 'kept'
}

async function removeText(tree: ImageTree, entry: Extract<ManifestEntry, { kind: 'text' }>): Promise<Removal> {
  const present = await readText(tree, entry.path)
  if (present === undefined) return 'gone'
  const rest = withoutText(present.text, entry)
  if (rest === '' && entry.madeFile) return takeAway(tree, entry.path, true)
  const cut = rest === present.text ? withoutLines(present.text, entry.text) : rest
  if (cut === present.text) return 'gone'
  await tree.write(entry.path, new TextEncoder().encode(cut), present.mode)
  return 'removed'
}

/** When something was added behind ours, our lines are taken out one by one. */
function withoutLines(text: string, ours: string): string {
  const lines = new Set(ours.split('\n').filter((line) => line !== ''))
  return text
    .split('\n')
    .filter((line) => !lines.has(line))
    .join('\n')
}

import { ImageError } from './image-error.ts'
import { findIdentity, type IdentityNote } from './image-notes.ts'
import { type ImageTree, openImageTree, temporaryOf } from './image-tree.ts'
import { PATHS } from './layout.ts'
import { type Manifest, type ManifestEntry, readManifest } from './manifest.ts'
import { readText } from './plan-steps.ts'

/** `config-changed` is a file that an administrator may change. */
export type DifferenceKind =
  | 'missing'
  | 'changed'
  | 'config-changed'
  | 'mode'
  | 'owner'
  | 'kind'
  | 'incomplete'
  | 'leftover'
  | 'identity'

/** One thing that is not as it was installed. */
export interface Difference {
  readonly path: string
  readonly kind: DifferenceKind
  readonly detail: string
}

/** How a tree stands beside what was installed in it. */
export interface VerifyReport {
  readonly root: string
  readonly version: string
  readonly differences: readonly Difference[]
  /** Configuration that was changed: no difference, since it may be. */
  readonly changedConfig: readonly Difference[]
  /** Newer versions that self-update has fetched. */
  readonly extraVersions: readonly string[]
  readonly identity: readonly IdentityNote[]
  /** How many things were looked at. */
  readonly checked: number
}

/**
 * Compares a tree with what was installed in it. Reads only.
 *
 * @param options - `isImage`: what belongs to one machine is a difference
 * @throws {ImageError} not-installed, damaged-manifest, unsafe-path, not-permitted
 */
export async function verify(root: string, options: { readonly isImage: boolean }): Promise<VerifyReport> {
  const tree = openImageTree(root)
  const manifest = await installedManifest(tree)
  const found: Difference[] = []
  if (!manifest.isComplete)
    found.push({ path: PATHS.manifest, kind: 'incomplete', detail: 'an install was stopped; run it again' })
  for (const entry of manifest.entries) found.push(...(await compare(tree, entry)))
  const identity = await findIdentity(tree)
  if (options.isImage)
    found.push(...identity.map(({ path, what }): Difference => ({ path, kind: 'identity', detail: what })))
  return {
    root,
    version: manifest.version,
    differences: found.filter(({ kind }) => kind !== 'config-changed'),
    changedConfig: found.filter(({ kind }) => kind === 'config-changed'),
    extraVersions: await tree.names(PATHS.versions),
    identity,
    checked: manifest.entries.length,
  }
}

/** The manifest of a tree in which something was installed. @throws {ImageError} not-installed, damaged-manifest */
export async function installedManifest(tree: ImageTree): Promise<Manifest> {
  const manifest = await readManifest(tree)
  if (manifest !== undefined) return manifest
  throw new ImageError('not-installed', `nothing was installed in ${tree.root}: it has no ${PATHS.manifest}`, {
    hint: 'muster-agent install puts the agent there.',
  })
}

async function compare(tree: ImageTree, entry: ManifestEntry): Promise<readonly Difference[]> {
  const { path } = entry
  const leftover = temporaryOf(path)
  const found: Difference[] =
    entry.kind === 'file' && (await tree.entry(leftover)) !== undefined
      ? [{ path: leftover, kind: 'leftover', detail: 'of an install that was stopped' }]
      : []
  const present = await tree.entry(path)
  const differs = (kind: DifferenceKind, detail: string) => [...found, { path, kind, detail }]
  if (present === undefined) return differs('missing', `${entry.kind} is not there`)
  if (entry.kind === 'text') {
    const lines = new Set((await readText(tree, path))?.text.split('\n'))
    return entry.text.split('\n').every((line) => lines.has(line)) ? found : differs('changed', 'our lines are missing')
  }
  if (present.kind !== entry.kind) return differs('kind', `is a ${present.kind}, not a ${entry.kind}`)
  if (entry.kind === 'link') {
    const target = present.kind === 'link' ? present.target : ''
    return target === entry.target ? found : differs(changedKind(entry), `leads to ${target}, not ${entry.target}`)
  }
  if (tree.setsOwner && present.owner !== '0:0')
    found.push({ path, kind: 'owner', detail: `belongs to ${present.owner}` })
  if ('mode' in present && present.mode !== entry.mode && entry.kind === 'directory')
    return differs('mode', `${octal(present.mode)}, not ${octal(entry.mode)}`)
  if (entry.kind === 'directory') return found
  if ('mode' in present && present.mode !== entry.mode)
    found.push({ path, kind: 'mode', detail: `${octal(present.mode)}, not ${octal(entry.mode)}` })
  return (await tree.digest(path)) === entry.sha256 ? found : differs(changedKind(entry), 'its content is another')
}

function changedKind({ isConfig }: { readonly isConfig: boolean }): DifferenceKind {
  return isConfig ? 'config-changed' : 'changed'
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

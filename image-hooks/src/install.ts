import { missingSettings, settingIn } from './agent-config.ts'
import { ImageError } from './image-error.ts'
import { findIdentity, type IdentityNote, resetIdentity } from './image-notes.ts'
import { type ImageTree, openImageTree } from './image-tree.ts'
import type { Item } from './item.ts'
import { FULL_SCREEN_TERMINAL, PATHS } from './layout.ts'
import { type ImageOptions, listItems, sha256Of } from './list-items.ts'
import { encodeManifest, isAsLeft, type Manifest, type ManifestEntry, readManifest } from './manifest.ts'
import { type ItemPlan, type Kept, planItem, readText } from './plan-steps.ts'
import { type Labelling, relabel } from './relabel.ts'
import { removeEntry } from './remove-entry.ts'
import type { RunProgram } from './run-program.ts'
import type { ReadShipped } from './shipped-files.ts'
import { readTreeFacts } from './tree-facts.ts'

/** What an install needs to know. */
export interface InstallRequest extends ImageOptions {
  readonly root: string
  /** Version of the agent that is installed. */
  readonly version: string
  /** Takes over files that Muster did not put there, and configuration that was changed. */
  readonly isForced: boolean
  /** Removes what belongs to one machine, so that the tree can be an image. */
  readonly isReset: boolean
  readonly signal: AbortSignal
}

/** What an install stands on. */
export interface InstallDeps {
  readonly read: ReadShipped
  readonly run: RunProgram
}

/** What an install has done. */
export interface InstallReport {
  readonly root: string
  readonly system: string
  readonly version: string
  /** Version that was there before. */
  readonly before: string | undefined
  readonly changes: readonly { readonly action: string; readonly path: string }[]
  readonly kept: readonly Kept[]
  /** Whether new files belong to root; else to who runs this. */
  readonly setsOwner: boolean
  readonly identity: readonly IdentityNote[]
  readonly labelling: Labelling
  /** Whether the machine has the console on its screen, by this install or an earlier one. */
  readonly hasFullScreen: boolean
}

/**
 * Puts the agent with all that belongs to it into a tree. Each file is replaced as a whole; one that is as wanted is
 * not touched; stopped at any moment, the next install makes it whole.
 *
 * @throws {ImageError} no-root-tree, foreign-file, unsafe-path, damaged-manifest, not-permitted, disk-full,
 * write-failed. With foreign-file nothing was changed.
 */
export async function install(deps: InstallDeps, request: InstallRequest): Promise<InstallReport> {
  const tree = openImageTree(request.root)
  const facts = await readTreeFacts(tree, deps.read)
  const before = await readManifest(tree)
  const entries = new Map((before?.entries ?? []).map((entry) => [entry.path, entry]))
  const options = { ...request, hasFullScreen: request.hasFullScreen || (await hasFullScreen(tree)) }
  const listed = await listItems(deps.read, options, facts)
  const merged = await settingsItem(tree, request, entries.get(PATHS.config))
  const config = merged.item
  const items = config === undefined ? listed : listed.map((item) => (item.path === PATHS.config ? config : item))

  const plans: ItemPlan[] = []
  for (const item of items) plans.push(await planItem(tree, item, entries.get(item.path), request.isForced))
  const stale = (before?.entries ?? []).filter((entry) => !items.some(({ path }) => path === entry.path))
  const { changes, made } = await perform(tree, { request, before, plans, stale })
  const written = changes.filter(({ action }) => action !== 'remove').map(({ path }) => path)
  const labelling = await relabel(tree, deps.run, facts.selinux, [...made, ...written])
  const reset = request.isReset ? await resetIdentity(tree) : []
  return {
    root: request.root,
    system: facts.system,
    version: request.version,
    before: before?.version,
    changes: [...changes, ...reset.map((path) => ({ action: 'reset', path }))],
    kept: [...plans.flatMap(({ kept }) => kept ?? []), ...merged.kept],
    setsOwner: tree.setsOwner,
    identity: await findIdentity(tree),
    labelling,
    hasFullScreen: options.hasFullScreen,
  }
}

interface Work {
  readonly request: InstallRequest
  readonly before: Manifest | undefined
  readonly plans: readonly ItemPlan[]
  readonly stale: readonly ManifestEntry[]
}

async function perform(tree: ImageTree, { request, before, plans, stale }: Work) {
  const steps = plans.flatMap(({ step }) => step ?? [])
  const present = plans.flatMap(({ entry }) => (entry === undefined ? [] : withoutEarlier(entry)))
  const made = await missingDirectories(tree, [...steps.map(({ path }) => path), PATHS.manifest])
  const madeDirectories = [...new Set([...(before?.madeDirectories ?? []), ...made])]
  const manifest: Manifest = {
    format: 1,
    version: request.version,
    isComplete: true,
    entries: present,
    madeDirectories,
  }
  const wanted = encodeManifest(manifest)
  if (steps.length === 0 && stale.length === 0 && before !== undefined && equal(encodeManifest(before), wanted))
    return { changes: [], made: [] }

  for (const path of made) await tree.makeDirectory(path, 0o755)
  // Said before it is done: whatever stops this, uninstall and the next install know what may be there.
  await tree.write(
    PATHS.manifest,
    encodeManifest({ ...manifest, isComplete: false, entries: [...present.map(withEarlier(before)), ...stale] }),
    0o644,
  )
  const changes: { readonly action: string; readonly path: string }[] = []
  for (const step of steps) {
    request.signal.throwIfAborted()
    await step.perform(tree)
    changes.push({ action: step.action, path: step.path })
  }
  for (const entry of stale) {
    if ((await removeEntry(tree, entry, false)) === 'removed') changes.push({ action: 'remove', path: entry.path })
  }
  await tree.write(PATHS.manifest, wanted, 0o644)
  return { changes, made: [...made, PATHS.manifest] }
}

/** Until the new file is there, the old one is ours as well. */
function withEarlier(before: Manifest | undefined) {
  const earlier = new Map(before?.entries.map((entry) => [entry.path, entry]))
  return (entry: ManifestEntry): ManifestEntry => {
    const old = earlier.get(entry.path)
    if (entry.kind !== 'file' || old?.kind !== 'file') return entry
    return { ...entry, earlier: old.sha256 === entry.sha256 ? (old.earlier ?? old.sha256) : old.sha256 }
  }
}

function withoutEarlier(entry: ManifestEntry): ManifestEntry {
  if (entry.kind !== 'file') return entry
  const { earlier: _, ...rest } = entry
  return rest
}

/** Directories that must be made for these paths, canonical, parents first. */
async function missingDirectories(tree: ImageTree, paths: readonly string[]): Promise<readonly string[]> {
  const missing = new Set<string>()
  for (const path of paths) {
    const place = await tree.canonical(path)
    const chain: string[] = []
    for (let folder = parentOf(place); folder !== '/'; folder = parentOf(folder)) {
      const entry = await tree.entry(folder)
      if (entry?.kind === 'directory') break
      if (entry !== undefined) throw notDirectory(folder)
      chain.unshift(folder)
    }
    for (const folder of chain) missing.add(folder)
  }
  return [...missing].sort()
}

function notDirectory(path: string): ImageError {
  return new ImageError('unsafe-path', `${path} is no directory`, {
    hint: `Move ${path} away in the tree, and run the same command again.`,
    details: { path },
  })
}

/** An earlier install has chosen it, or an administrator has set the same. */
async function hasFullScreen(tree: ImageTree): Promise<boolean> {
  const present = await readText(tree, PATHS.config)
  return present !== undefined && settingIn(present.text, 'console') === FULL_SCREEN_TERMINAL
}

/** `agent.conf` where there is one already: what it does not set is added, nothing that it sets is changed. */
async function settingsItem(
  tree: ImageTree,
  { settings }: InstallRequest,
  before: ManifestEntry | undefined,
): Promise<{ readonly item: Item | undefined; readonly kept: readonly Kept[] }> {
  const path = PATHS.config
  const present = await readText(tree, path)
  if (present === undefined) return { item: undefined, kept: [] }
  const { added, kept } = missingSettings(present.text, settings)
  const reasons = kept.map((key) => ({ path, reason: `it sets ${key} = ${settingIn(present.text, key) ?? ''}` }))
  if (added === '') return { item: undefined, kept: reasons }
  if (!isAsLeft(before, await tree.digest(path))) {
    const earlier = before?.kind === 'text' && present.text.endsWith(before.text) ? before.text : ''
    return { item: { kind: 'text', path, text: `${earlier}${added}`.replace(/^\n/, '') }, kept: reasons }
  }
  const content = new TextEncoder().encode(present.text + added)
  const item: Item = { kind: 'file', path, mode: present.mode, content, sha256: sha256Of(content), policy: 'config' }
  return { item, kept: reasons }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

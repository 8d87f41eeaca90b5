import { ImageError } from './image-error.ts'
import type { ImageTree } from './image-tree.ts'
import { PATHS } from './layout.ts'

/**
 * One thing that was installed. `isConfig`: an administrator may change it, which then stays as it is. `earlier`: what
 * it was before an install that has not ended.
 *
 * `text` is what was added at the end of a file that is somebody else's; `madeFile`: there was no such file.
 */
export type ManifestEntry =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly mode: number
      readonly sha256: string
      readonly earlier?: string
      readonly isConfig: boolean
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string; readonly isConfig: boolean }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'text'; readonly path: string; readonly text: string; readonly madeFile: boolean }

/** What was installed in a tree. */
export interface Manifest {
  readonly format: 1
  /** Version of the agent. */
  readonly version: string
  /** False from before the first change until after the last: an install that was stopped shows. */
  readonly isComplete: boolean
  readonly entries: readonly ManifestEntry[]
  /** Directories that were made for the entries; canonical, parents first. */
  readonly madeDirectories: readonly string[]
}

const MAX_BYTES = 1024 * 1024

/** The manifest of a tree; undefined when nothing was installed. @throws {ImageError} damaged-manifest */
export async function readManifest(tree: ImageTree): Promise<Manifest | undefined> {
  if ((await tree.entry(PATHS.manifest)) === undefined) return undefined
  const text = new TextDecoder().decode(await tree.read(PATHS.manifest, MAX_BYTES))
  const manifest = decodeManifest(text)
  if (manifest !== undefined) return manifest
  throw new ImageError('damaged-manifest', `${PATHS.manifest} cannot be read as a list of what was installed`, {
    hint: `Remove ${PATHS.manifest} and run muster-agent install again; --force takes over the files that are there.`,
  })
}

/** Whether a file with this digest is as an install has left it. */
export function isAsLeft(entry: ManifestEntry | undefined, sha256: string | undefined): boolean {
  return entry?.kind === 'file' && sha256 !== undefined && (entry.sha256 === sha256 || entry.earlier === sha256)
}

/** The same manifest always gives the same text. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const entries = manifest.entries.map((entry) =>
    'mode' in entry ? { ...entry, mode: entry.mode.toString(8).padStart(4, '0') } : entry,
  )
  return new TextEncoder().encode(`${JSON.stringify({ ...manifest, entries }, undefined, 1)}\n`)
}

/** @returns undefined for what is no manifest of this format */
export function decodeManifest(text: string): Manifest | undefined {
  const value = parse(text)
  if (!isRecord(value) || value['format'] !== 1 || typeof value['version'] !== 'string') return undefined
  const { entries, madeDirectories } = value
  if (!Array.isArray(entries) || !Array.isArray(madeDirectories)) return undefined
  const decoded = entries.map(decodeEntry)
  if (decoded.includes(undefined) || !madeDirectories.every(isPath)) return undefined
  return {
    format: 1,
    version: value['version'],
    isComplete: value['isComplete'] === true,
    entries: decoded.filter((entry) => entry !== undefined),
    madeDirectories,
  }
}

function decodeEntry(value: unknown): ManifestEntry | undefined {
  if (!isRecord(value)) return undefined
  const { kind, path, sha256, earlier, target, text } = value
  const isConfig = value['isConfig'] === true
  if (!isPath(path)) return undefined
  const mode = typeof value['mode'] === 'string' ? Number.parseInt(value['mode'], 8) : Number.NaN
  if (kind === 'file' && typeof sha256 === 'string' && mode <= 0o7777) {
    return { kind, path, mode, sha256, isConfig, ...(typeof earlier === 'string' ? { earlier } : {}) }
  }
  if (kind === 'link' && typeof target === 'string') return { kind, path, target, isConfig }
  if (kind === 'directory' && mode <= 0o7777) return { kind, path, mode }
  if (kind === 'text' && typeof text === 'string' && text !== '')
    return { kind, path, text, madeFile: value['madeFile'] === true }
  return undefined
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('/') && value.length < 4096
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

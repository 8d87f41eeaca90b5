import type { Context, ContextVersionInfo } from '@muster/contexts/wire/contexts.ts'
import type { StoredContext, StoredVersion } from '../store/contexts.ts'
import type { VersionUse } from '../store/machines.ts'
import type { Repositories } from '../store/repositories.ts'
import { wireTime } from '../wire-time.ts'

/** Contexts of one owner with their latest versions, as the wire has them. */
export async function presentContexts(read: Repositories, contexts: readonly StoredContext[]): Promise<Context[]> {
  const [first] = contexts
  if (first === undefined) return []
  const [versions, uses] = await Promise.all([
    read.versions.latestOf(contexts),
    read.machines.usesOf(
      first.ownerId,
      contexts.map((context) => context.id),
    ),
  ])
  return contexts.map((context) => {
    const latest = versions.find((version) => version.contextId === context.id)
    if (latest === undefined) throw new Error(`context ${context.id} has no version ${context.latestVersion}`)
    return presentContext(context, presentVersion(latest, uses))
  })
}

/** One context. */
export async function presentOne(read: Repositories, context: StoredContext): Promise<Context> {
  const [presented] = await presentContexts(read, [context])
  if (presented === undefined) throw new Error(`context ${context.id} was not presented`)
  return presented
}

/** A version without its body. */
export function presentVersion(version: StoredVersion, uses: readonly VersionUse[]): ContextVersionInfo {
  const use = uses.find(
    (candidate) => candidate.contextId === version.contextId && candidate.version === version.version,
  )
  return {
    version: version.version,
    format: version.format,
    note: version.note,
    digest: version.digest,
    sizeBytes: version.sizeBytes,
    createdAt: wireTime(version.createdAt),
    machineCount: use?.machineCount ?? 0,
  }
}

function presentContext(context: StoredContext, latest: ContextVersionInfo): Context {
  return {
    id: context.id,
    name: context.name,
    description: context.description,
    latest,
    createdAt: wireTime(context.createdAt),
    updatedAt: wireTime(context.updatedAt),
  }
}

import type { Context, ContextChange, NewContext, NewContextVersion } from '@muster/contexts/wire/contexts.ts'
import { ApiError } from '../http/api-error.ts'
import { etagOf } from '../http/etag.ts'
import type { KeyedAnswer } from '../http/idempotency.ts'
import type { Parts } from '../parts.ts'
import type { StoredContext } from '../store/contexts.ts'
import type { Transaction } from '../store/store.ts'
import { inspectBody } from './body.ts'
import { presentOne } from './present.ts'

/**
 * Makes a context with its version 1.
 *
 * @throws {ApiError} name-taken, too-many, and what the body is refused for
 */
export async function createContext(
  parts: Parts,
  tx: Transaction,
  ownerId: string,
  wish: NewContext,
): Promise<KeyedAnswer<Context>> {
  if ((await tx.contexts.count(ownerId)) >= parts.limits.contextsPerAccount) throw new ApiError('too-many')
  const now = parts.clock.now()
  const context: StoredContext = {
    id: parts.ids('ctx'),
    ownerId,
    name: wish.name.normalize('NFC'),
    description: wish.description,
    latestVersion: 1,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  }
  const facts = inspectBody(wish.format, wish.body)
  if (!(await tx.contexts.insert(context))) throw new ApiError('name-taken')
  const { format, note, body } = wish
  await tx.versions.insert({ contextId: context.id, version: 1, format, note, ...facts, createdAt: now }, body)
  await tx.events.append({
    accountId: ownerId,
    at: now,
    type: 'context-created',
    subject: context.id,
    actor: ownerId,
    data: { name: context.name, format },
  })
  return { status: 201, headers: headersOf(context), body: await presentOne(tx, context) }
}

/** Adds a version to a context whose ETag was checked in this transaction. */
export async function publishVersion(
  parts: Parts,
  tx: Transaction,
  context: StoredContext,
  wish: NewContextVersion,
): Promise<KeyedAnswer<Context>> {
  const facts = inspectBody(wish.format, wish.body)
  const now = parts.clock.now()
  const version = context.latestVersion + 1
  const next = { ...context, latestVersion: version, revision: context.revision + 1, updatedAt: now }
  await updateOrFail(tx, next, context.revision)
  const { format, note, body } = wish
  await tx.versions.insert({ contextId: context.id, version, format, note, ...facts, createdAt: now }, body)
  await tx.events.append({
    accountId: context.ownerId,
    at: now,
    type: 'context-version-published',
    subject: context.id,
    actor: context.ownerId,
    data: { name: context.name, version, format },
  })
  return { status: 201, headers: headersOf(next), body: await presentOne(tx, next) }
}

/** Changes name or description of a context whose ETag was checked in this transaction. */
export async function changeContext(
  parts: Parts,
  tx: Transaction,
  context: StoredContext,
  change: ContextChange,
): Promise<StoredContext> {
  const name = change.name?.normalize('NFC') ?? context.name
  const description = change.description ?? context.description
  if (name === context.name && description === context.description) return context
  if (await tx.contexts.nameIsTaken(context.ownerId, name, context.id)) throw new ApiError('name-taken')
  const at = parts.clock.now()
  const next = { ...context, name, description, revision: context.revision + 1, updatedAt: at }
  await updateOrFail(tx, next, context.revision)
  await tx.events.append({
    accountId: context.ownerId,
    at,
    type: 'context-changed',
    subject: context.id,
    actor: context.ownerId,
    data: { name },
  })
  return next
}

/**
 * Deletes a context, with its versions, whose ETag was checked in this transaction.
 *
 * @throws {ApiError} context-in-use
 */
export async function deleteContext(parts: Parts, tx: Transaction, context: StoredContext): Promise<void> {
  const uses = await tx.machines.usesOf(context.ownerId, [context.id])
  const machines = uses.reduce((sum, use) => sum + use.machineCount, 0)
  if (machines > 0) throw new ApiError('context-in-use', `${machines} of your machines use this context.`)
  await tx.contexts.remove(context.ownerId, context.id)
  await tx.events.append({
    accountId: context.ownerId,
    at: parts.clock.now(),
    type: 'context-deleted',
    subject: context.id,
    actor: context.ownerId,
    data: { name: context.name },
  })
}

/** Only another replica's change in the same moment gets here with a stale revision. */
async function updateOrFail(tx: Transaction, next: StoredContext, fromRevision: number): Promise<void> {
  if (!(await tx.contexts.update(next, fromRevision))) throw new ApiError('precondition-failed')
}

function headersOf(context: StoredContext): Record<string, string> {
  return { etag: etagOf(context.id, context.revision), location: `/api/v2/contexts/${context.id}` }
}

import { PageQuery, pageOf } from '@muster/contexts/wire/common.ts'
import { Machine, MachineChange, MachineId, MachineStatus } from '@muster/contexts/wire/machines.ts'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { notFound } from '../http/api-error.ts'
import { allowMatch, etagOf, requireMatch } from '../http/etag.ts'
import { accountOf } from '../http/guard.ts'
import { answer, needsAccount, needsMachine, noContent, problems } from '../http/replies.ts'
import { presentMachine } from '../machines/present.ts'
import { reportStatus } from '../machines/report.ts'
import type { App, Parts } from '../parts.ts'
import type { StoredMachine } from '../store/machines.ts'
import type { Repositories } from '../store/repositories.ts'

const SMALL_BODY = 16_384
const tags = ['machines']
const ById = Type.Object({ id: MachineId })
const IfMatch = Type.Object({ 'if-match': Type.Optional(Type.String({ maxLength: 1000 })) })
const account = ['not-signed-in', 'scope-missing', 'cross-site', 'not-found'] as const
const matched = ['precondition-required', 'precondition-failed'] as const

/** Paired machines, each of its owner alone. */
export function registerMachineRoutes(app: App, parts: Parts): void {
  registerReading(app, parts)
  registerWriting(app, parts)

  app.put('/machines/self/status', {
    bodyLimit: SMALL_BODY,
    onRequest: parts.guards.machine,
    schema: {
      tags,
      summary: 'A machine tells what it does',
      ...needsMachine,
      body: MachineStatus,
      response: { 204: noContent, ...problems('not-signed-in', 'too-large') },
    },
    handler: async (request, reply) => {
      if (request.principal?.kind !== 'machine') throw new Error('the route has no machine guard')
      await reportStatus(parts, request.principal.machine, request.body)
      return reply.code(204).send(null)
    },
  })
}

function registerReading(app: App, parts: Parts): void {
  const onRequest = parts.guards.account('machines:read')
  const { read } = parts.store

  app.get('/machines', {
    onRequest,
    schema: {
      tags,
      summary: 'List the machines',
      ...needsAccount('machines:read'),
      querystring: PageQuery,
      response: { 200: answer(pageOf(Machine), 'Newest first.'), ...problems(...account, 'invalid-cursor') },
    },
    handler: async (request, reply) => {
      const { accountId } = accountOf(request)
      return parts.paginate(request, reply, {
        scope: ['machines', accountId],
        query: request.query,
        read: (page) => read.machines.list(accountId, page),
        keyOf: (machine) => machine.id,
        present: (machines) => machines.map((machine) => presentMachine(machine, parts.clock.now())),
      })
    },
  })

  app.get('/machines/:id', {
    onRequest,
    schema: {
      tags,
      summary: 'One machine',
      ...needsAccount('machines:read'),
      params: ById,
      response: { 200: answer(Machine, 'With the ETag of its name.'), ...problems(...account) },
    },
    handler: async (request, reply) => {
      const machine = await ownMachine(read, request, request.params.id)
      reply.header('etag', etagOf(machine.id, machine.revision))
      return presentMachine(machine, parts.clock.now())
    },
  })
}

function registerWriting(app: App, parts: Parts): void {
  const onRequest = parts.guards.account('machines:write')
  const { store, clock } = parts

  app.patch('/machines/:id', {
    bodyLimit: SMALL_BODY,
    onRequest,
    schema: {
      tags,
      summary: 'Rename a machine',
      ...needsAccount('machines:write'),
      params: ById,
      headers: IfMatch,
      body: MachineChange,
      response: { 200: answer(Machine, 'With its new ETag.'), ...problems(...account, ...matched) },
    },
    handler: async (request, reply) => {
      const machine = await store.write(async (tx) => {
        const found = await ownMachine(tx, request, request.params.id)
        requireMatch(request, etagOf(found.id, found.revision))
        const renamed = { ...found, name: request.body.name.normalize('NFC'), revision: found.revision + 1 }
        await tx.machines.update(renamed)
        await tx.events.append({
          accountId: found.ownerId,
          at: clock.now(),
          type: 'machine-renamed',
          subject: found.id,
          actor: found.ownerId,
          data: { from: found.name, name: renamed.name },
        })
        return renamed
      })
      reply.header('etag', etagOf(machine.id, machine.revision))
      return presentMachine(machine, clock.now())
    },
  })

  app.delete('/machines/:id', {
    onRequest,
    schema: {
      tags,
      summary: 'Forget a machine; its token is dead',
      ...needsAccount('machines:write'),
      params: ById,
      headers: IfMatch,
      response: { 204: noContent, ...problems(...account, 'precondition-failed') },
    },
    handler: async (request, reply) => {
      await store.write(async (tx) => {
        const found = await ownMachine(tx, request, request.params.id)
        allowMatch(request, etagOf(found.id, found.revision))
        await tx.machines.remove(found.ownerId, found.id)
        await tx.events.append({
          accountId: found.ownerId,
          at: clock.now(),
          type: 'machine-forgotten',
          subject: found.id,
          actor: found.ownerId,
          data: { name: found.name },
        })
      })
      return reply.code(204).send(null)
    },
  })
}

/** A machine of the one who asks. @throws {ApiError} not-found, alike for another's and for none */
async function ownMachine(read: Repositories, request: FastifyRequest, id: string): Promise<StoredMachine> {
  const machine = await read.machines.find(accountOf(request).accountId, id)
  if (machine === undefined) throw notFound()
  return machine
}

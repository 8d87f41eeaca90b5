import { PeerId } from '@muster/contexts/wire/clusters.ts'
import { API_BASE } from '@muster/contexts/wire/common.ts'
import { Type } from 'typebox'
import { notFound } from '../http/api-error.ts'
import { isApiErrorCode } from '../http/error-table.ts'
import { renderProblemIndex, renderProblemPage } from '../http/problem-page.ts'
import { answer } from '../http/replies.ts'
import { renderMeshMetrics } from '../mesh/metrics.ts'
import type { CheckHealth } from '../operator/health.ts'
import type { App, Parts } from '../parts.ts'
import { VERSION } from '../version.ts'

const tags = ['system']
const Liveness = Type.Object({ status: Type.Literal('ok') })
const Readiness = Type.Object({
  isReady: Type.Boolean(),
  checks: Type.Array(
    Type.Object({ name: Type.String(), isOk: Type.Boolean(), detail: Type.String(), durationMs: Type.Number() }),
  ),
})
const WellKnown = Type.Object({
  name: Type.Literal('muster'),
  version: Type.String(),
  apiVersions: Type.Array(Type.String()),
  apiBase: Type.String(),
  url: Type.String(),
  isRegistrationOpen: Type.Boolean(),
  mesh: Type.Optional(Type.Object({ peer: PeerId, addresses: Type.Array(Type.String()) })),
})

/** What operators, programs and readers of errors need beside the API. */
export function registerSystemRoutes(app: App, parts: Parts, checkHealth: CheckHealth): void {
  app.get('/livez', {
    schema: { tags, summary: 'Is the process alive', response: { 200: answer(Liveness, 'It is.') } },
    handler: async () => ({ status: 'ok' as const }),
  })

  app.get('/readyz', {
    schema: {
      tags,
      summary: 'Can it answer requests',
      response: { 200: answer(Readiness, 'It can.'), 503: answer(Readiness, 'It cannot; the checks say why.') },
    },
    handler: async (_request, reply) => {
      const checks = [...(await checkHealth())]
      const isReady = !parts.stopping.aborted && checks.every((check) => check.isOk)
      return reply.code(isReady ? 200 : 503).send({ isReady, checks })
    },
  })

  app.get('/metrics', {
    schema: {
      tags,
      summary: 'Numbers for Prometheus',
      response: {
        200: { description: 'Exposition format.', content: { 'text/plain': { schema: Type.String() } } },
      },
    },
    handler: async (_request, reply) => {
      const { contentType, text } = await parts.metrics.render()
      const mesh = parts.meshes === undefined ? '' : renderMeshMetrics(parts.meshes.all())
      return reply
        .type(contentType)
        .serializer(String)
        .send(text + mesh)
    },
  })

  app.get('/.well-known/muster.json', {
    schema: {
      tags,
      summary: 'What this coordinator is',
      response: { 200: answer(WellKnown, 'For programs that were given its address.') },
    },
    handler: async () => ({
      name: 'muster' as const,
      version: VERSION,
      apiVersions: ['v2'],
      apiBase: API_BASE,
      url: parts.publicUrl(),
      isRegistrationOpen: parts.isRegistrationOpen,
      ...(parts.meshes === undefined
        ? {}
        : { mesh: { peer: parts.meshes.identity.peer, addresses: [...parts.meshes.addresses()] } }),
    }),
  })

  app.get('/openapi.json', {
    schema: {
      tags,
      summary: 'This description',
      response: { 200: Type.Record(Type.String(), Type.Unknown(), { description: 'OpenAPI 3.1.' }) },
    },
    handler: async (_request, reply) => {
      return reply
        .type('application/json; charset=utf-8')
        .serializer(JSON.stringify)
        .send({ ...app.swagger() })
    },
  })
}

/** Readable pages of the error codes, which `type` of every problem names. */
export function registerProblemPages(app: App): void {
  app.get('/problems', {
    schema: { hide: true },
    handler: async (_request, reply) => reply.type('text/html; charset=utf-8').send(renderProblemIndex()),
  })
  app.get('/problems/:code', {
    schema: { hide: true, params: Type.Object({ code: Type.String({ maxLength: 100 }) }) },
    handler: async (request, reply) => {
      const { code } = request.params
      if (!isApiErrorCode(code)) throw notFound()
      return reply.type('text/html; charset=utf-8').send(renderProblemPage(code))
    },
  })
}

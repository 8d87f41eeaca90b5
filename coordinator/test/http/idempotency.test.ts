import { silentLog } from '@muster/runtime/log.ts'
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { createOnceByKey } from '../../src/http/idempotency.ts'
import { sendProblem } from '../../src/http/problem.ts'
import { createTestApp } from '../test-app.ts'

test('a request whose twin is still being answered is told to wait, and another one is not', async () => {
  const { store, clock, signUp } = await createTestApp()
  const alice = await signUp('alice')
  const onceByKey = createOnceByKey({ store, clock })
  const isBegun = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const app = Fastify()
  onTestFinished(() => app.close())
  app.decorateRequest('publicOrigin', () => 'http://localhost')
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, silentLog))
  app.post('/slow', async (request, reply) => {
    return onceByKey(request, reply, alice.id, async () => {
      isBegun.resolve()
      await gate.promise
      return { status: 201, headers: {}, body: { made: true } }
    })
  })
  const post = (key: string) =>
    app.inject({ method: 'POST', url: '/slow', payload: {}, headers: { 'idempotency-key': key } })

  const first = post('k')
  await isBegun.promise
  const twin = await post('k')
  expect([twin.statusCode, twin.json().code, twin.headers['retry-after']]).toEqual([409, 'request-in-flight', '1'])
  const other = post('another')
  gate.resolve()
  expect([(await first).statusCode, (await other).statusCode]).toEqual([201, 201])
  const replayed = await post('k')
  expect([replayed.statusCode, replayed.headers['idempotency-replayed']]).toEqual([201, 'true'])
})

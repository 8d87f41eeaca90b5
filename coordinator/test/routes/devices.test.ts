import { describe, expect, test } from 'vitest'
import { bearer, createTestApp, textAt } from '../test-app.ts'

const PATH = '/api/v2/device-authorizations'

describe('sign-in of a program', () => {
  test('goes from code through approval to a token that is given once', async () => {
    const { app, call, signUp, clock } = await createTestApp({ publicUrl: 'https://muster.example' })
    const alice = await signUp('alice')
    const begun = await call('POST', PATH, { body: { clientName: 'muster on laptop' } })
    expect(begun.status).toBe(201)
    expect(begun.json).toMatchObject({ verificationUri: 'https://muster.example/device', intervalSeconds: 5 })
    const userCode = textAt(begun, 'userCode')
    expect(userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
    const poll = () => call('POST', `${PATH}/token`, { body: { deviceCode: textAt(begun, 'deviceCode') } })
    expect((await poll()).json['code']).toBe('authorization-pending')

    const shown = await alice.call('GET', `${PATH}/${userCode.toLowerCase().replace('-', '%20')}`)
    expect(shown.json).toMatchObject({ clientName: 'muster on laptop', requestedFrom: '127.0.0.1' })
    const typed = ` ${userCode.toLowerCase().replace('-', ' ')} `
    expect((await alice.call('POST', `${PATH}/approve`, { body: { userCode: typed } })).status).toBe(204)

    await clock.advance(5000)
    const issued = await poll()
    expect(issued.status).toBe(200)
    const session = await bearer(app, textAt(issued, 'token'))('GET', '/api/v2/session')
    expect(session.json).toMatchObject({ account: { id: alice.id } })
    expect((await poll()).json['code']).toBe('device-code-expired')
    expect((await alice.call('POST', `${PATH}/approve`, { body: { userCode } })).status).toBe(404)
  })

  test('a poll that comes too early makes the interval longer', async () => {
    const { call, clock } = await createTestApp()
    const begun = await call('POST', PATH)
    const poll = () => call('POST', `${PATH}/token`, { body: { deviceCode: textAt(begun, 'deviceCode') } })
    await poll()
    await clock.advance(1000)
    const early = await poll()
    expect([early.status, early.json['code'], early.headers['retry-after']]).toEqual([429, 'slow-down', '10'])
    await clock.advance(9000)
    expect((await poll()).headers['retry-after']).toBe('15')
    await clock.advance(15_000)
    expect((await poll()).json['code']).toBe('authorization-pending')
  })

  test('a code that has expired is as unknown as one that never was', async () => {
    const { call, signUp, clock } = await createTestApp()
    const alice = await signUp('alice')
    const begun = await call('POST', PATH)
    await clock.advance(15 * 60_000)
    const body = { userCode: textAt(begun, 'userCode') }
    expect((await alice.call('POST', `${PATH}/approve`, { body })).json['code']).toBe('device-code-expired')
    const polled = await call('POST', `${PATH}/token`, { body: { deviceCode: textAt(begun, 'deviceCode') } })
    expect([polled.status, polled.json['code']]).toEqual([404, 'device-code-expired'])
  })

  test('codes cannot be guessed by the dozen, nor be made by the thousand', async () => {
    const limits = { newDevicesPerNetwork: { count: 2, windowMs: 60_000 } }
    const { call, signUp } = await createTestApp({ limits })
    const alice = await signUp('alice')
    for (let wrong = 0; wrong < 5; wrong += 1) {
      expect((await alice.call('GET', `${PATH}/BBBB-BBB${wrong}`)).status).toBe(404)
    }
    expect((await alice.call('POST', `${PATH}/approve`, { body: { userCode: 'BBBB-BBBB' } })).status).toBe(429)
    await call('POST', PATH)
    await call('POST', PATH)
    expect((await call('POST', PATH)).status).toBe(429)
  })

  test('only a browser session approves', async () => {
    const { app, call, signUp } = await createTestApp()
    const alice = await signUp('alice')
    const begun = await call('POST', PATH)
    const body = { userCode: textAt(begun, 'userCode') }
    const token = bearer(app, await alice.token('contexts:read'))
    expect((await token('POST', `${PATH}/approve`, { body })).json['code']).toBe('scope-missing')
    expect((await call('POST', `${PATH}/approve`, { body })).status).toBe(401)
  })
})

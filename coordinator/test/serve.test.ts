import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommand, type ServingChild, startServing, testFolder } from './child.ts'
import { FACTS, PUBLIC_KEY } from './test-pairing.ts'

const PASSWORD = 'correct horse battery'

interface Reply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly cookie: string
}

async function call(
  server: ServingChild,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const response = await fetch(server.origin + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', origin: server.origin, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { status: response.status, body: (await response.json()) as Reply['body'], cookie }
}

const signIn = (server: ServingChild, path = '/api/v2/sessions') =>
  call(server, path, { login: 'alice', password: PASSWORD })

describe('serve', () => {
  test('killed in the middle of writes loses nothing that it acknowledged, and no change is there twice', async () => {
    const folder = await testFolder()
    const acknowledged: string[] = []
    let wished = 0
    for (let round = 0; round < 3; round += 1) {
      const server = await startServing(folder)
      const { cookie } = await signIn(server, round === 0 ? '/api/v2/accounts' : '/api/v2/sessions')
      const enough = Promise.withResolvers<void>()
      const target = acknowledged.length + 25
      const writer = async () => {
        for (;;) {
          wished += 1
          const name = `context-${wished}`
          const headers = { cookie, 'idempotency-key': name }
          const made = await call(server, '/api/v2/contexts', { name, format: 'plain', body: name }, headers)
          if (made.status !== 201) throw new Error(`status ${made.status}`)
          acknowledged.push(name)
          if (acknowledged.length >= target) enough.resolve()
        }
      }
      const writers = Promise.allSettled([writer(), writer(), writer()])
      await enough.promise
      expect(await server.end('SIGKILL')).toBeNull()
      await writers
    }
    const server = await startServing(folder)
    const { cookie } = await signIn(server)
    const { body } = await call(server, '/api/v2/contexts?limit=200', undefined, { cookie })
    const names = (body['items'] as { readonly name: string }[]).map((item) => item.name)
    expect(acknowledged.length).toBeGreaterThanOrEqual(75)
    expect(acknowledged.filter((name) => !names.includes(name))).toEqual([])
    expect(new Set(names).size).toBe(names.length)
    const last = acknowledged.at(-1) ?? ''
    const again = await call(
      server,
      '/api/v2/contexts',
      { name: last, format: 'plain', body: last },
      { cookie, 'idempotency-key': last },
    )
    expect(again.status).toBe(201)
    expect((await call(server, '/api/v2/contexts?limit=200', undefined, { cookie })).body['items']).toHaveLength(
      names.length,
    )
    expect(await server.end('SIGTERM')).toBe(0)
  })

  test('ends on SIGTERM with streams and waiting requests open, and answers these', async () => {
    const server = await startServing(await testFolder())
    const { cookie } = await signIn(server, '/api/v2/accounts')
    const stream = await fetch(`${server.origin}/api/v2/events`, { headers: { cookie } })
    const issued = await call(server, '/api/v2/pairings', { facts: FACTS, agentPublicKey: PUBLIC_KEY })
    const path = `/api/v2/pairings/${issued.body['pairingId']}/messages?state=waiting&waitMs=25000`
    const poll = call(server, path, undefined, { authorization: `Bearer ${issued.body['agentToken']}` })
    // An answer on the same server shows that the poll, which was sent before, has arrived.
    await call(server, '/livez', undefined)
    expect(await server.end('SIGTERM')).toBe(0)
    expect((await poll).status).toBe(200)
    expect(await stream.text()).toBe('retry: 2000\n\n')
  })

  test('ends on SIGTERM while the first cluster is being made, and answers that', async () => {
    const server = await startServing(await testFolder())
    const { cookie } = await signIn(server, '/api/v2/accounts')
    const cluster = { name: 'first', services: [{ name: 'worker', kind: 'scalable' }], clouds: [{ name: 'here' }] }
    const made = call(server, '/api/v2/clusters', cluster, { cookie, 'idempotency-key': 'first' })
    // An answer on the same server shows that the request, which was sent before, has arrived.
    await call(server, '/livez', undefined)
    expect(await server.end('SIGTERM')).toBe(0)
    expect((await made).status).toBe(201)
    expect(server.log()).not.toContain('left behind')
  })

  test('writes neither passwords nor tokens nor PINs nor contents into log or files', async () => {
    const folder = await testFolder()
    const server = await startServing(folder)
    const { cookie } = await signIn(server, '/api/v2/accounts')
    await call(server, '/api/v2/sessions', { login: 'alice', password: 'a wrong password' })
    const token = (await call(server, '/api/v2/tokens', { name: 't', scopes: ['contexts:read'] }, { cookie })).body[
      'token'
    ]
    const issued = await call(server, '/api/v2/pairings', { facts: FACTS, agentPublicKey: PUBLIC_KEY })
    const { locator, agentToken, pairingId } = issued.body
    const claimed = await call(server, '/api/v2/pairings/claim', { locator }, { cookie })
    const bearer = { authorization: `Bearer ${agentToken}` }
    const complete = { claimId: claimed.body['claimId'] }
    const done = await call(server, `/api/v2/pairings/${pairingId}/complete`, complete, bearer)
    await call(server, '/api/v2/contexts?query=needle-in-a-query', undefined, { cookie })
    await call(server, '/no-such-page/needle-in-a-path', undefined)
    const device = await call(server, '/api/v2/device-authorizations', {})
    const newPassword = 'another horse battery'
    const changed = await fetch(`${server.origin}/api/v2/account/password`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', origin: server.origin, cookie },
      body: JSON.stringify({ currentPassword: PASSWORD, newPassword }),
    })
    expect(changed.status).toBe(204)
    expect(await server.end('SIGTERM')).toBe(0)

    const secrets = [
      PASSWORD,
      newPassword,
      'a wrong password',
      cookie.split('=')[1],
      token,
      agentToken,
      done.body['machineToken'],
      device.body['deviceCode'],
    ].map(String)
    expect(secrets.every((secret) => secret.length > 10)).toBe(true)
    const log = server.log()
    expect(log).toContain('/api/v2/pairings/:id/complete')
    for (const secret of [...secrets, 'needle-in-a-query', 'needle-in-a-path', `"${locator}"`]) {
      expect(log.includes(secret), `${secret.slice(0, 12)}… is in the log`).toBe(false)
    }
    for (const name of await readdir(folder)) {
      const content = await readFile(join(folder, name), 'latin1')
      for (const secret of secrets) expect(content.includes(secret), `${secret.slice(0, 12)}… in ${name}`).toBe(false)
    }
  })
})

describe('the commands', () => {
  test('make accounts, back up and restore while it runs, and examine', async () => {
    const folder = await testFolder()
    const data = join(folder, 'data')
    const server = await startServing(data)
    const added = await runCommand(['user', 'add', 'alice', '--data', data], `${PASSWORD}\n`)
    expect([added.exitCode, added.output]).toEqual([0, expect.stringMatching(/^account alice \(acc_\w+\)\n$/)])
    expect((await signIn(server)).status).toBe(201)
    const generated = await runCommand(['user', 'add', 'bob', '--data', data])
    expect(generated.output).toMatch(/\npassword [a-z-]{19}\n$/)
    expect((await runCommand(['user', 'add', 'bob', '--data', data])).exitCode).toBe(1)
    expect((await runCommand(['user', 'add', 'B', '--data', data])).exitCode).toBe(1)
    // Several processes write to one store: each waits for its turn.
    const together = ['carol', 'dave', 'erin'].map((login) => runCommand(['user', 'add', login, '--data', data]))
    expect((await Promise.all(together)).map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
    const file = join(folder, 'backup')
    expect((await runCommand(['backup', file, '--data', data])).exitCode).toBe(0)
    expect((await runCommand(['restore', file, '--data', data])).exitCode).toBe(77)
    expect((await runCommand(['restore', file, '--data', join(folder, 'other')])).exitCode).toBe(0)
    const doctor = await runCommand(['doctor', '--json', '--data', join(folder, 'other')])
    expect(doctor.exitCode).toBe(0)
    const { findings } = JSON.parse(doctor.output) as { findings: { check: string; severity: string }[] }
    expect(findings.map(({ check, severity }) => `${check} ${severity}`)).toEqual([
      'store ok',
      'migrations ok',
      'disk ok',
      'integrity ok',
      'privacy ok',
      'public-url ok',
      'mesh ok',
      'releases ok',
      'clock ok',
    ])
  })

  test('end with the exit codes of every Muster program', async () => {
    const folder = await testFolder()
    const data = join(folder, 'data')
    const badConfig = join(folder, 'bad.ini')
    await writeFile(badConfig, 'listen = 127.0.0.1:8080\nregistration = maybe\n')
    const codeOf = async (...args: readonly string[]) => (await runCommand(args)).exitCode
    const independent: readonly (readonly [number, ...string[]])[] = [
      [0, '--version'],
      [64, 'nonsense'],
      [64, 'serve', '--nonsense'],
      [78, 'serve', '--listen', 'nowhere', '--data', data],
      [78, 'serve', '--public-url', 'https://x/path', '--data', data],
    ]
    const codes = await Promise.all(independent.map(([, ...args]) => codeOf(...args)))
    expect(codes).toEqual(independent.map(([code]) => code))
    const config = await runCommand(['serve', '--config', badConfig, '--data', data])
    expect([config.exitCode, config.errors]).toEqual([78, expect.stringContaining('bad.ini:2: registration must be')])
    expect(await codeOf('backup', join(folder, 'b'), '--data', data)).toBe(70)
    expect(await codeOf('restore', join(folder, 'b'), '--data', data)).toBe(65)
    expect(await codeOf('migrate', '--dry-run', '--data', data)).toBe(70)
    expect(await codeOf('migrate', '--data', data)).toBe(0)
    expect(await codeOf('migrate', '--dry-run', '--data', data)).toBe(0)
    const server = await startServing(data)
    const { port } = new URL(server.origin)
    expect(await codeOf('serve', '--listen', `127.0.0.1:${port}`, '--data', join(folder, 'second'))).toBe(75)
  })
})

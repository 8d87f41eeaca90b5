import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createCommandLine } from '../cli/command-line.ts'
import { issueMachine, OBEDIENT } from '../cli/scripted-machine.ts'
import { type Person, signUp } from '../running/account.ts'
import { type Coordinator, startCoordinator } from '../running/coordinator.ts'
import { findPostgresPrograms } from './postgres-server.ts'

const DATABASE = 'coordinators'
const TEXT = '[cernvm]\nusers=alice:alice:a-secret-of-the-context\n'

let one: Coordinator
let other: Coordinator
let alice: Person

beforeAll(async () => {
  const socket = inject('postgresSocket')
  const programs = findPostgresPrograms()
  if (socket === undefined || programs === undefined) return
  execFileSync(join(programs, 'createdb'), ['--host', socket, '--username', 'postgres', DATABASE])
  const databaseUrl = `postgres://postgres@/${DATABASE}?host=${encodeURIComponent(socket)}`
  // Both find an empty database and migrate it: one does, the other waits.
  const started = [startCoordinator({ databaseUrl }), startCoordinator({ databaseUrl, hasMesh: false })] as const
  one = await started[0]
  other = await started[1]
  alice = await signUp(one.url, 'alice')
})
afterAll(async () => {
  await Promise.all([one?.stop(), other?.stop()])
})

test('two coordinators serve one person, one context and one pairing, and either may be killed', async () => {
  const scopes = ['contexts:read', 'pairings:claim', 'machines:read', 'events:read'] as const
  const { token } = await alice.api.accounts.createToken({ name: 'cli', scopes: [...scopes], expiresInDays: 1 })
  await alice.api.contexts.create({ name: 'atlas', description: '', note: '', format: 'plain', body: TEXT })
  using cli = createCommandLine(other.url)
  const muster = (...args: readonly string[]) => cli.run(args, { env: { MUSTER_TOKEN: token } })

  const machine = await issueMachine(one.url)
  const [paired, served] = await Promise.all([
    muster('pair', machine.pin, '--context', 'atlas', '--yes'),
    machine.serve(OBEDIENT),
  ])
  expect([paired.code, paired.stdout]).toEqual([0, expect.stringMatching(/^Applied atlas@1 to testbed: 1 change/)])
  expect(served.login).toBe('alice')

  await one.kill()
  expect(await muster('machine', 'list')).toMatchObject({ code: 0, stdout: expect.stringContaining('testbed') })
  await one.start()
  expect((await alice.api.contexts.list({})).items.map(({ name }) => name)).toEqual(['atlas'])
})

test('the log and the errors say nothing of the address of the server', () => {
  for (const { stdout, stderr } of [one.program(), other.program()])
    expect(stdout() + stderr()).not.toContain('postgres:')
})

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { signUp } from '../running/account.ts'
import { until } from '../until.ts'
import { type CommandLine, createCommandLine } from './command-line.ts'
import { type CoordinatorHere, startCoordinatorHere } from './coordinator-here.ts'

const DEFINITION = `apiVersion: muster/v1
kind: Cluster
metadata: { name: NAME, description: for the thesis }
services:
  - { name: proxy, type: fixed, placement: perCloud, count: 2, provides: [{ name: http, port: 3128 }] }
  - { name: worker, type: scalable, max: 3, dependsOn: [proxy] }
clouds:
  - { agent: north, weight: 3 }
`
const PEER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'

let coordinator: CoordinatorHere
let token = ''
let cli: CommandLine
let count = 0
beforeAll(async () => {
  coordinator = await startCoordinatorHere()
  const alice = await signUp(coordinator.url, 'alice')
  const scopes = ['clusters:read', 'clusters:write'] as const
  token = (await alice.api.accounts.createToken({ name: 'cli', scopes: [...scopes], expiresInDays: 1 })).token
})
afterAll(() => coordinator.stop())
beforeEach(() => {
  cli = createCommandLine(coordinator.url)
  count += 1
})
afterEach(() => cli[Symbol.dispose]())

const options = (stdin = '') => ({ env: { MUSTER_TOKEN: token }, stdin })
const muster = (...args: readonly string[]) => cli.run(['cluster', ...args], options())
const named = () => `farm-${count}`

/** Makes the cluster of this test. */
async function create(change: (text: string) => string = (text) => text): Promise<string> {
  const file = cli.file('farm.yaml', change(DEFINITION.replace('NAME', named())))
  expect(await muster('create', file)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Made farm-\d+ \(clu_/),
  })
  return file
}

describe('muster cluster', () => {
  test('create makes a cluster from a file, list and show tell of it, and --update publishes a version', async () => {
    const file = await create()
    expect(await muster('list')).toMatchObject({ code: 0, stdout: expect.stringContaining(named()) })
    const shown = await muster('show', named())
    expect(shown.stdout).toMatch(/proxy +per-cloud +2 +http:3128/)
    expect(shown.stdout).toMatch(/worker +scalable +0 to 3 +proxy/)
    expect(await muster('create', file)).toMatchObject({ code: 64, stderr: expect.stringContaining('--update') })
    expect(await muster('create', file, '--update')).toMatchObject({ stdout: expect.stringContaining('version 2') })
    const { cluster } = JSON.parse((await muster('show', named(), '--json')).stdout)
    expect(cluster).toMatchObject({ version: 2, definition: { description: 'for the thesis' } })
  })

  test('validate and create tell every problem of a file with its line, and exit 65', async () => {
    const file = cli.file('wrong.yaml', DEFINITION.replace('NAME', 'farm').replace('[proxy]', '[proxi]'))
    const validated = await muster('validate', file)
    expect(validated).toMatchObject({ code: 65, stderr: expect.stringContaining('wrong.yaml:6:') })
    expect(validated.stderr).toContain('Did you mean "proxy"?')
    expect(await muster('create', file)).toMatchObject({ code: 65, stdout: '' })
    const warned = cli.file('warned.yaml', DEFINITION.replace('NAME', 'farm').replace('weight', 'wieght'))
    expect(await muster('validate', warned)).toMatchObject({ code: 0, stderr: expect.stringContaining('unknown-key') })
  })

  test('authorize prints the section once, or writes it to a new file that only its owner reads', async () => {
    await create()
    const machine = ['authorize', named(), '--service', 'proxy', '--cloud', 'north']
    const printed = await muster(...machine)
    expect(printed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\[muster\]\ncluster = clu_/) })
    const out = join(cli.folder, 'user-data')
    expect(await muster(...machine, '--out', out)).toMatchObject({ code: 0, stdout: '' })
    expect(statSync(out).mode & 0o777).toBe(0o600)
    expect(readFileSync(out, 'utf8')).toMatch(/^token = [\w-]{43}$/m)
    expect(await muster(...machine)).toMatchObject({ code: 65, stderr: expect.stringContaining('no-free-place') })
    expect(await muster(...machine, '--slot', '0', '--out', out)).toMatchObject({ code: 65 })
    expect(await muster(...machine, '--slot', '9')).toMatchObject({ code: 65 })
  })

  test('members and services show the mesh as the coordinator sees it', async () => {
    await create()
    await muster('authorize', named(), '--service', 'proxy', '--cloud', 'north')
    const members = await muster('members', named())
    expect(members.stdout).toMatch(/coordinator +coordinator +alive +itself/)
    expect(members.stdout).toContain('Awaited: proxy/0 in north')
    const json = JSON.parse((await muster('members', named(), '--json')).stdout)
    expect(json).toMatchObject({ phase: 'member', members: [{ isSelf: true, role: 'coordinator' }] })
    expect((await muster('services', named())).stdout).toMatch(/proxy +nowhere/)
  })

  test('members --watch shows changes until it is stopped', async () => {
    await create()
    const watching = cli.start(['cluster', 'members', named(), '--watch'], options())
    await until('the first table', () => (watching.stdout().includes('itself') ? true : undefined))
    await muster('authorize', named(), '--service', 'proxy', '--cloud', 'north')
    await until('the change', () => (watching.stdout().includes('Awaited') ? true : undefined))
    await watching.stop('SIGINT')
  })

  test('revoke and delete ask first', async () => {
    await create()
    expect(await muster('revoke', named(), PEER)).toMatchObject({ code: 64 })
    expect(await muster('revoke', named(), PEER, '--yes')).toMatchObject({ code: 0 })
    expect(await muster('revoke', named(), 'proxy/7', '--yes')).toMatchObject({ code: 1 })
    expect(await muster('delete', named())).toMatchObject({ code: 64 })
    expect(await muster('delete', named(), '--yes')).toMatchObject({ code: 0 })
    expect(await muster('show', named())).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no cluster named'),
    })
  })
})

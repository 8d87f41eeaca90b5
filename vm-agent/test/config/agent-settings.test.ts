import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AgentFlags, loadAgentSettings } from '@muster/vm-agent/config/agent-settings.ts'
import { chooseDnsEndpoint } from '@muster/vm-agent/directory/endpoint.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
let config: string
const wanted = { needsCoordinator: true }

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-config-'))
  config = join(folder, 'agent.conf')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

test('flags come before the file, the file before the defaults', async () => {
  await writeFile(config, 'coordinator = https://one.example/\nconsole = /dev/ttyS0\nlog_format = human\n')
  const settings = await loadAgentSettings({ config, root: folder, console: 'none' }, wanted)
  expect(settings).toMatchObject({
    coordinatorUrl: 'https://one.example',
    root: folder,
    stateDir: join(folder, 'var/lib/muster'),
    console: 'none',
    consoleMode: 'auto',
    issue: undefined,
    logFormat: 'human',
    logLevel: 'info',
    dnsListen: undefined,
    metricsListen: undefined,
    updates: { mode: 'on', channel: 'stable', freeze: 'no', url: undefined, trialMs: 300_000 },
    isUserDataUsed: false,
  })
})

test.each([
  ['colour = red', /agent\.conf:1: unknown key "colour"/],
  ['# x\ncoordinator = ftp://x', /agent\.conf:2: coordinator must be an address/],
  ['coordinator = https://user:pw@x', /coordinator must be an address/],
  ['root = relative', /root must be an absolute path/],
  ['console_mode = loud', /console_mode must be one of/],
  ['dns_listen = 10.0.0.1:53', /dns_listen must be off, or a loopback address/],
  ['dns_listen = 127.0.0.1', /dns_listen must be off, or a loopback address/],
  ['metrics_listen = 127.0.0.1:99999', /metrics_listen must be off, or a loopback address/],
])('a bad line is named: %s', async (line, message) => {
  await writeFile(config, `${line}\n`)
  await expect(loadAgentSettings({ config }, wanted)).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(message),
  })
})

test('a missing coordinator, a missing named file and a bad flag are named', async () => {
  await expect(loadAgentSettings({ config }, wanted)).rejects.toMatchObject({ code: 'unreadable' })
  await writeFile(config, '')
  await expect(loadAgentSettings({ config }, wanted)).rejects.toMatchObject({ code: 'missing' })
  await expect(loadAgentSettings({ config, consoleMode: 'x' }, wanted)).rejects.toMatchObject({
    message: expect.stringMatching(/^--console-mode must be one of/),
  })
  await expect(loadAgentSettings({ config }, { needsCoordinator: false })).resolves.toMatchObject({
    coordinatorUrl: '',
  })
})

test('user-data is used on a running machine, and in a tree only when somebody says so', async () => {
  await writeFile(config, 'coordinator = https://one.example\n')
  const isUsed = async (flags: AgentFlags) => (await loadAgentSettings({ config, ...flags }, wanted)).isUserDataUsed
  expect(await isUsed({ root: '/' })).toBe(true)
  expect(await isUsed({ root: folder })).toBe(false)
  expect(await isUsed({ root: '/', userData: 'off' })).toBe(false)
  await writeFile(config, 'coordinator = https://one.example\nuser_data = on\n')
  expect(await isUsed({ root: folder })).toBe(true)
  await expect(isUsed({ userData: 'maybe' })).rejects.toMatchObject({ message: expect.stringMatching(/^--user-data/) })
})

test('DNS and metrics listen where the file says, and on loopback only', async () => {
  await writeFile(
    config,
    'coordinator = https://one.example\ndns_listen = 127.0.0.7:5353\nmetrics_listen = [::1]:9100\n',
  )
  const settings = await loadAgentSettings({ config }, wanted)
  expect(settings.dnsListen).toEqual({ host: '127.0.0.7', port: 5353 })
  expect(settings.metricsListen).toEqual({ host: '::1', port: 9100 })
  expect((await loadAgentSettings({ config, dnsListen: 'off' }, wanted)).dnsListen).toBeUndefined()
})

test('without a word about DNS it is answered on a machine of its own alone', () => {
  expect(chooseDnsEndpoint('auto', { root: '/', isPrivileged: true })).toEqual({ host: '127.53.53.53', port: 53 })
  expect(chooseDnsEndpoint('auto', { root: '/', isPrivileged: false })).toBeUndefined()
  expect(chooseDnsEndpoint('auto', { root: '/srv/tree', isPrivileged: true })).toBeUndefined()
})

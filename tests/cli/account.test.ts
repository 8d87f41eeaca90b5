import { chmodSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { signUp } from '../running/account.ts'
import { until } from '../until.ts'
import { type CommandLine, createCommandLine } from './command-line.ts'
import { type CoordinatorHere, startCoordinatorHere } from './coordinator-here.ts'

const PASSWORD = 'a long enough password'

let coordinator: CoordinatorHere
let cli: CommandLine
beforeAll(async () => {
  coordinator = await startCoordinatorHere()
  await signUp(coordinator.url, 'alice', PASSWORD)
})
afterAll(() => coordinator.stop())
beforeEach(() => {
  cli = createCommandLine()
})
afterEach(() => cli[Symbol.dispose]())

const atServer = (...args: readonly string[]) => ['--server', coordinator.url, ...args]
const loginByPassword = () =>
  cli.run(atServer('login', '--login', 'alice', '--password-stdin'), { stdin: `${PASSWORD}\n` })

describe('muster login', () => {
  test('by password keeps a token in a file that only its owner can read, and never the password', async () => {
    expect(await loginByPassword()).toMatchObject({ code: 0, stdout: expect.stringContaining('as alice until') })
    const stored = cli.credentials()
    expect(stored?.mode).toBe(0o600)
    expect(stored?.text).toContain('mst_')
    expect(stored?.text).not.toContain(PASSWORD)
    expect(await cli.run(['whoami'])).toMatchObject({ code: 0, stdout: expect.stringContaining('alice') })
  })

  test('with a wrong password stores nothing, and exits 77', async () => {
    const ended = await cli.run(atServer('login', '--login', 'alice', '--password-stdin'), { stdin: 'wrong password' })
    expect(ended).toMatchObject({ code: 77, stderr: expect.stringContaining('error[wrong-credentials]') })
    expect(cli.credentials()).toBeUndefined()
  })

  test('by a token from standard input checks it first', async () => {
    const refused = await cli.run(atServer('login', '--token-stdin'), { stdin: 'mst_nonsense\n' })
    expect(refused).toMatchObject({ code: 77 })
    expect(refused.stderr + refused.stdout).not.toContain('mst_nonsense')
    expect(cli.credentials()).toBeUndefined()
    const empty = await cli.run(atServer('login', '--token-stdin'), { stdin: '' })
    expect(empty).toMatchObject({ code: 65, stderr: expect.stringContaining('No token') })
  })

  test('by device shows a code, waits until it is approved in a browser, and signs in', async () => {
    const browser = await signUp(coordinator.url, 'bob')
    const login = cli.start(atServer('login', '--json'))
    const code = await until('a one-time code', () => /code: ([A-Z]{4}-[A-Z]{4})/.exec(login.stderr())?.[1])
    expect(login.stderr()).toContain(coordinator.url)
    expect((await browser.api.accounts.pendingDevice(code)).clientName).toMatch(/^muster on /)
    await browser.api.accounts.approveDevice(code)
    const ended = await login.ended
    expect(ended.code).toBe(0)
    expect(JSON.parse(ended.stdout)).toMatchObject({ server: coordinator.url, login: 'bob' })
    expect(JSON.parse((await cli.run(['whoami', '--json'])).stdout)).toMatchObject({ login: 'bob' })
  })

  test('that is given up by Ctrl-C stores nothing, and exits 1', async () => {
    const login = cli.start(atServer('login'))
    await until('a one-time code', () => (login.stderr().includes('Waiting') ? true : undefined))
    const ended = await login.stop('SIGINT')
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('Stopped.') })
    expect(cli.credentials()).toBeUndefined()
  })

  test.each([
    [['login', '--password-stdin']],
    [['login', '--login', 'alice']],
    [['login', '--password-stdin', '--token-stdin', '--login', 'a']],
  ])('refuses options that make no sense together: %j', async (args) => {
    expect(await cli.run(atServer(...args), { stdin: 'x' })).toMatchObject({ code: 64 })
  })

  test('warns of a coordinator that is not encrypted, and knows that loopback is', async () => {
    expect((await loginByPassword()).stderr).not.toContain('warning')
    const plain = await cli.run(['--server', 'http://muster.invalid', 'login', '--token-stdin'], { stdin: 'x' })
    expect(plain).toMatchObject({ code: 69, stderr: expect.stringMatching(/warning: .*not encrypted/) })
  })
})

describe('muster logout', () => {
  test('revokes the token and forgets it', async () => {
    await loginByPassword()
    const token = JSON.parse(cli.credentials()?.text ?? '').signIns[coordinator.url].token
    expect(await cli.run(['logout'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Signed out') })
    expect(cli.credentials()?.text).not.toContain(token)
    const reused = await cli.run(atServer('whoami'), { env: { MUSTER_TOKEN: token } })
    expect(reused).toMatchObject({ code: 77 })
  })

  test('forgets the token of a coordinator that is gone too, and says so', async () => {
    const gone = await startCoordinatorHere()
    await signUp(gone.url, 'alice', PASSWORD)
    const login = ['--server', gone.url, 'login', '--login', 'alice', '--password-stdin']
    await cli.run(login, { stdin: PASSWORD })
    await gone.stop()
    const ended = await cli.run(['logout'])
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('could not be asked to revoke') })
    expect(cli.credentials()?.text).not.toContain('mst_')
  })

  test('without a sign-in says so', async () => {
    expect(await cli.run(atServer('logout'))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('not signed in'),
    })
  })
})

describe('a command that needs a coordinator', () => {
  test('says how to sign in when none is known, and exits 64', async () => {
    const ended = await cli.run(['context', 'list'])
    expect(ended).toMatchObject({ code: 64, stderr: expect.stringContaining('muster login --server URL') })
  })

  test('says how to sign in when there is no token for it, and exits 77', async () => {
    const ended = await cli.run(atServer('context', 'list'))
    expect(ended).toMatchObject({ code: 77, stderr: expect.stringContaining('error[not-signed-in]') })
  })

  test('takes the token of MUSTER_TOKEN first', async () => {
    await loginByPassword()
    expect(await cli.run(['whoami'], { env: { MUSTER_TOKEN: 'mst_other' } })).toMatchObject({ code: 77 })
  })

  test('says that nobody listens there, and exits 69', async () => {
    const gone = await startCoordinatorHere()
    await gone.stop()
    const ended = await cli.run(['--server', gone.url, 'machine', 'list', '--json'], { env: { MUSTER_TOKEN: 'x' } })
    expect(ended).toMatchObject({ code: 69, stdout: '' })
    expect(JSON.parse(ended.stderr)).toMatchObject({
      error: { code: 'unreachable', kind: 'refused', hint: expect.stringContaining('port') },
    })
  })

  test.each(['ftp://x', 'https://user@x', 'https://x/?a=b', ' '])('refuses the address %j', async (server) => {
    const ended = await cli.run(['--server', server, 'whoami'])
    expect(ended).toMatchObject({ code: 64, stderr: expect.stringContaining('error[') })
  })

  test('refuses a stored sign-in that others may read, and exits 78', async () => {
    await loginByPassword()
    chmodSync(cli.credentialsFile, 0o644)
    const ended = await cli.run(['whoami'])
    expect(ended).toMatchObject({ code: 78, stderr: expect.stringContaining('chmod 600') })
  })

  test.each(['{', '{"version":2}', '[]'])('refuses a stored sign-in that is damaged: %s', async (content) => {
    await loginByPassword()
    const { writeFileSync } = await import('node:fs')
    writeFileSync(cli.credentialsFile, content)
    expect(await cli.run(['whoami'])).toMatchObject({ code: 78, stderr: expect.stringContaining('damaged') })
  })
})

import { digestText } from '@muster/contexts/context/digest.ts'
import { sealText } from '@muster/contexts/context/seal.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Person, signUp } from '../running/account.ts'
import { withWrongSecret } from '../running/claim.ts'
import { type CommandLine, createCommandLine } from './command-line.ts'
import { type CoordinatorHere, startCoordinatorHere } from './coordinator-here.ts'
import { finished, issueMachine, OBEDIENT, type Script } from './scripted-machine.ts'

const TEXT = '[cernvm]\nusers=alice:alice:a-secret-of-the-context\n'
const PASSPHRASE = 'correct horse battery'

let coordinator: CoordinatorHere
let alice: Person
let token = ''
let cli: CommandLine
beforeAll(async () => {
  coordinator = await startCoordinatorHere()
  alice = await signUp(coordinator.url, 'alice')
  const scopes = ['contexts:read', 'pairings:claim', 'machines:read', 'machines:write'] as const
  token = (await alice.api.accounts.createToken({ name: 'cli', scopes: [...scopes], expiresInDays: 1 })).token
  await alice.api.contexts.create({ name: 'atlas', description: '', note: '', format: 'plain', body: TEXT })
  const body = await sealText(TEXT, new Secret(PASSPHRASE), { workFactor: 4 })
  await alice.api.contexts.create({ name: 'sealed', description: '', note: '', format: 'age', body })
})
afterAll(() => coordinator.stop())
beforeEach(() => {
  cli = createCommandLine(coordinator.url)
})
afterEach(() => cli[Symbol.dispose]())

const muster = (args: readonly string[], stdin = '') => cli.run(args, { env: { MUSTER_TOKEN: token }, stdin })

describe('muster pair', () => {
  test('shows the machine and the plan, applies, and reports', async () => {
    const machine = await issueMachine(coordinator.url)
    const [ended, served] = await Promise.all([
      muster(['pair', machine.pin.toLowerCase(), '--context', 'atlas', '--yes']),
      machine.serve(OBEDIENT),
    ])
    expect(ended.code).toBe(0)
    expect(ended.stdout).toMatch(/^Applied atlas@1 to testbed: 1 change, 0 warnings, 1\.2 s\.\n$/)
    expect(ended.stderr).toMatch(/machine +testbed[\s\S]*addresses +192\.0\.2\.7[\s\S]*gave you the PIN, stop/)
    expect(ended.stderr).toMatch(/\+ user alice\n1 change\.\n\[1\/1\] done user:alice/)
    expect(ended.stderr).toContain(served.phrase)
    expect(served.login).toBe('alice')
    expect(served.said.map(({ type }) => type)).toEqual(['propose', 'approve'])
    expect(served.said[0]).toMatchObject({
      text: TEXT,
      context: { name: 'atlas', version: 1, digest: digestText(TEXT) },
      isStrict: false,
    })
    expect(await muster(['machine', 'list'])).toMatchObject({ code: 0, stdout: expect.stringContaining('testbed') })
  })

  test('reads the PIN from standard input and answers with JSON', async () => {
    const machine = await issueMachine(coordinator.url)
    const [ended, served] = await Promise.all([
      muster(['pair', '-', '--context', 'atlas@1', '--yes', '--json', '--strict'], `${machine.pin}\n`),
      machine.serve(OBEDIENT),
    ])
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(ended.stdout)).toMatchObject({
      pairingId: machine.pairing.pairingId,
      hostname: 'testbed',
      context: { name: 'atlas', version: 1 },
      phrase: served.phrase,
      isApplied: true,
      summary: { outcome: 'applied', changes: 1 },
      report: ['user alice was made'],
    })
    expect(served.said[0]).toMatchObject({ isStrict: true })
  })

  test('opens a sealed context here and sends it to the machine only', async () => {
    const machine = await issueMachine(coordinator.url)
    const args = ['pair', machine.pin, '--context', 'sealed', '--yes', '--passphrase-file', '-']
    const [ended, served] = await Promise.all([muster(args, PASSPHRASE), machine.serve(OBEDIENT)])
    expect(ended.code).toBe(0)
    expect(served.said[0]).toMatchObject({ text: TEXT, context: { digest: digestText(TEXT) } })
    expect(ended.stdout + ended.stderr).not.toMatch(/correct horse|a-secret-of-the-context/)
  })

  test('with a wrong passphrase does not claim the machine', async () => {
    const machine = await issueMachine(coordinator.url)
    const args = ['pair', machine.pin, '--context', 'sealed', '--yes', '--passphrase-file', '-']
    expect(await muster(args, 'another passphrase')).toMatchObject({ code: 65 })
    expect((await machine.api.pairings.messages(machine.pairing.pairingId)).state).toBe('waiting')
  })

  test('with a wrong secret half is told so by the machine, and exits 75', async () => {
    const machine = await issueMachine(coordinator.url)
    const [ended, refusal] = await Promise.all([
      muster(['pair', withWrongSecret(machine.pin), '--context', 'atlas', '--yes']),
      machine.serve(OBEDIENT).catch((error: unknown) => error),
    ])
    expect(refusal).toMatchObject({ code: 'pin-wrong' })
    expect(ended).toMatchObject({ code: 75, stdout: '', stderr: expect.stringContaining('error[pin-wrong]') })
    expect((await machine.api.pairings.messages(machine.pairing.pairingId)).state).toBe('waiting')
  })

  test('with a PIN that nobody shows exits 75, and without 8 letters 64', async () => {
    const machine = await issueMachine(coordinator.url)
    await machine.api.pairings.burn(machine.pairing.pairingId)
    const burned = await muster(['pair', machine.pin, '--context', 'atlas', '--yes'])
    expect(burned).toMatchObject({ code: 75, stderr: expect.stringContaining('error[pin-unknown]') })
    const short = await muster(['pair', 'WDJB-MJ', '--context', 'atlas', '--yes'])
    expect(short).toMatchObject({ code: 64, stderr: expect.stringContaining('error[pin-format]') })
  })

  test('of a machine that refuses the context shows why, and exits 65', async () => {
    const machine = await issueMachine(coordinator.url)
    const problem = {
      severity: 'error',
      code: 'invalid-value',
      message: 'no\u001b[2J way',
      line: 2,
      column: 7,
    } as const
    const script: Script = () => [
      { type: 'proposal-refused', code: 'invalid', message: 'it has errors', diagnostics: [problem] },
    ]
    const serving = machine.serve(script).catch(() => undefined)
    const ended = await muster(['pair', machine.pin, '--context', 'atlas', '--yes'])
    expect(ended.code).toBe(65)
    expect(ended.stderr).toContain('2:7: error[invalid-value]: no\ufffd[2J way')
    expect(ended.stderr).toContain('The machine refused the context: it has errors')
    expect(serving).toBeInstanceOf(Promise)
  })

  test('of a machine that rolls back exits 1', async () => {
    const machine = await issueMachine(coordinator.url)
    const script: Script = (message) => (message.type === 'approve' ? [finished('rolled-back')] : OBEDIENT(message))
    const [ended] = await Promise.all([
      muster(['pair', machine.pin, '--context', 'atlas', '--yes']),
      machine.serve(script),
    ])
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('is as before') })
    expect(ended.stderr).toContain('write-failed')
  })

  test('without a terminal and without --yes changes nothing, gives the claim up, and exits 64', async () => {
    const machine = await issueMachine(coordinator.url)
    const ended = await muster(['pair', machine.pin, '--context', 'atlas'])
    expect(ended).toMatchObject({ code: 64, stderr: expect.stringContaining('error[not-interactive]') })
    expect((await machine.api.pairings.messages(machine.pairing.pairingId)).state).toBe('waiting')
  })

  test('forgets and renames machines', async () => {
    const machine = await issueMachine(coordinator.url)
    await Promise.all([muster(['pair', machine.pin, '--context', 'atlas', '--yes']), machine.serve(OBEDIENT)])
    const [newest] = (await alice.api.machines.list()).items
    const id = newest?.id ?? ''
    expect(await muster(['machine', 'rename', id, 'my testbed'])).toMatchObject({ code: 0 })
    expect(await muster(['machine', 'show', 'my testbed'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(id),
    })
    expect(await muster(['machine', 'forget', 'my testbed'])).toMatchObject({ code: 64 })
    expect(await muster(['machine', 'forget', 'my testbed', '--yes'])).toMatchObject({ code: 0 })
    expect(await muster(['machine', 'show', id])).toMatchObject({ code: 1 })
  })
})

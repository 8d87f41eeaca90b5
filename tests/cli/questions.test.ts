import { join } from 'node:path'
import { sealText } from '@muster/contexts/context/seal.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PROJECT_ROOT } from '../program.ts'
import { type Person, signUp } from '../running/account.ts'
import { type CommandLine, createCommandLine } from './command-line.ts'
import { type CoordinatorHere, startCoordinatorHere } from './coordinator-here.ts'
import { hasPseudoTerminal, type Reply, runInTerminal } from './pseudo-terminal.ts'
import { issueMachine, OBEDIENT } from './scripted-machine.ts'

const TEXT = '[cernvm]\norganisations=ALICE\n'
const PASSPHRASE = 'correct horse battery'

let coordinator: CoordinatorHere
let alice: Person
let token = ''
let cli: CommandLine
beforeAll(async () => {
  coordinator = await startCoordinatorHere()
  alice = await signUp(coordinator.url, 'alice')
  const scopes = ['contexts:read', 'contexts:write', 'pairings:claim'] as const
  token = (await alice.api.accounts.createToken({ name: 'cli', scopes: [...scopes], expiresInDays: 1 })).token
  const body = await sealText(TEXT, new Secret(PASSPHRASE), { workFactor: 4 })
  await alice.api.contexts.create({ name: 'sealed', description: '', note: '', format: 'age', body })
})
afterAll(() => coordinator.stop())
beforeEach(() => {
  cli = createCommandLine(coordinator.url)
})
afterEach(() => cli[Symbol.dispose]())

function atTerminal(args: readonly string[], replies: readonly Reply[]) {
  const env = { MUSTER_SERVER: coordinator.url, MUSTER_TOKEN: token, XDG_CONFIG_HOME: join(cli.folder, 'config') }
  return runInTerminal([join(PROJECT_ROOT, 'bin', 'muster'), ...args], env, replies)
}

const passphrase = { question: 'Passphrase: ', typed: PASSPHRASE }
const isMine = { question: 'Is this your machine? [y/N] ', typed: 'y' }

describe.runIf(hasPseudoTerminal())('at a terminal', () => {
  test('pair asks for the passphrase without echo, whether the machine is yours, and whether to apply', async () => {
    const machine = await issueMachine(coordinator.url)
    const [ended, served] = await Promise.all([
      atTerminal(
        ['pair', machine.pin, '--context', 'sealed'],
        [passphrase, isMine, { question: 'Apply this? [y/N] ', typed: 'yes' }],
      ),
      machine.serve(OBEDIENT),
    ])
    expect(ended.code).toBe(0)
    expect(ended.stdout).toContain('Applied sealed@1 to testbed')
    expect(ended.stdout).not.toContain(PASSPHRASE)
    expect(served.said.map(({ type }) => type)).toEqual(['propose', 'approve'])
  })

  test('a no to the machine gives the claim up before anything is proved', async () => {
    const machine = await issueMachine(coordinator.url)
    const args = ['pair', machine.pin, '--context', 'sealed']
    const ended = await atTerminal(args, [passphrase, { ...isMine, typed: 'n' }])
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('nothing was changed') })
    expect((await machine.api.pairings.messages(machine.pairing.pairingId)).state).toBe('waiting')
  })

  test('a no to the plan withdraws it', async () => {
    const machine = await issueMachine(coordinator.url)
    const [ended, served] = await Promise.all([
      atTerminal(
        ['pair', machine.pin, '--context', 'sealed'],
        [passphrase, isMine, { question: 'Apply this? [y/N] ', typed: '' }],
      ),
      machine.serve(OBEDIENT),
    ])
    expect(ended.code).toBe(1)
    expect(served.said.map(({ type }) => type)).toEqual(['propose', 'withdraw'])
  })

  test('Ctrl-C at a question stops and gives the claim up', async () => {
    const machine = await issueMachine(coordinator.url)
    const args = ['pair', machine.pin, '--context', 'sealed']
    const ended = await atTerminal(args, [passphrase, { ...isMine, typed: '^C' }])
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('Stopped.') })
    expect((await machine.api.pairings.messages(machine.pairing.pairingId)).state).toBe('waiting')
  })

  test('publish asks for a new passphrase twice, and refuses two different ones', async () => {
    const file = cli.file('a.context', TEXT)
    const publishing = ['context', 'publish', file, '--name', 'asked', '--seal']
    const first = { question: 'New passphrase: ', typed: PASSPHRASE }
    const different = await atTerminal(publishing, [first, { question: 'The same again: ', typed: 'another one' }])
    expect(different).toMatchObject({ code: 64, stdout: expect.stringContaining('differ') })
    const equal = await atTerminal(publishing, [first, { question: 'The same again: ', typed: PASSPHRASE }])
    expect(equal).toMatchObject({ code: 0, stdout: expect.stringContaining('Published asked@1 (sealed)') })
    expect(different.stdout + equal.stdout).not.toContain(PASSPHRASE)
  })
})

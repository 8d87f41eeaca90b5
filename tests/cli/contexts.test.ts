import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Person, signUp } from '../running/account.ts'
import { type CommandLine, createCommandLine } from './command-line.ts'
import { type CoordinatorHere, startCoordinatorHere } from './coordinator-here.ts'

const ONE = '[cernvm]\norganisations=ALICE\n'
const TWO = '[cernvm]\norganisations=ATLAS\n'
const PASSPHRASE = 'correct horse battery'

let coordinator: CoordinatorHere
let alice: Person
let token = ''
let cli: CommandLine
beforeAll(async () => {
  coordinator = await startCoordinatorHere()
  alice = await signUp(coordinator.url, 'alice')
  const scopes = ['contexts:read', 'contexts:write', 'machines:read', 'machines:write'] as const
  token = (await alice.api.accounts.createToken({ name: 'cli', scopes: [...scopes], expiresInDays: 1 })).token
})
afterAll(() => coordinator.stop())
beforeEach(async () => {
  cli = createCommandLine(coordinator.url)
  for (const { id } of (await alice.api.contexts.list()).items) {
    await alice.api.contexts.remove(id, (await alice.api.contexts.get(id)).etag)
  }
})
afterEach(() => cli[Symbol.dispose]())

const muster = (args: readonly string[], stdin = '') => cli.run(args, { env: { MUSTER_TOKEN: token }, stdin })
const publish = (text: string, ...more: readonly string[]) =>
  muster(['context', 'publish', '-', '--name', 'atlas', ...more], text)

describe('muster context publish', () => {
  test('makes a context, then versions of it, and no version of an unchanged text', async () => {
    expect(await publish(ONE)).toMatchObject({ code: 0, stdout: expect.stringContaining('Published atlas@1') })
    expect(await publish(TWO, '--note', 'for ATLAS')).toMatchObject({ stdout: expect.stringContaining('atlas@2') })
    expect(await publish(TWO)).toMatchObject({ code: 0, stdout: expect.stringContaining('holds this text already') })
    const [context] = (await alice.api.contexts.list()).items
    expect(context?.latest).toMatchObject({ version: 2, note: 'for ATLAS', format: 'plain' })
  })

  test('keeps the description until another is given', async () => {
    await publish(ONE, '--description', 'the first')
    await publish(TWO)
    expect((await alice.api.contexts.list()).items[0]?.description).toBe('the first')
    await publish(ONE, '--description', 'the second')
    expect((await alice.api.contexts.list()).items[0]?.description).toBe('the second')
  })

  test('refuses a context with errors before it asks the coordinator, and exits 65', async () => {
    const ended = await publish('[cernvm]\nusrs=x\n', '--strict')
    expect(ended).toMatchObject({ code: 65, stdout: '', stderr: expect.stringContaining('error[unknown-key]') })
    expect((await alice.api.contexts.list()).items).toEqual([])
  })

  test('seals here: neither text nor passphrase reach the coordinator', async () => {
    const file = cli.file('sealed.context', ONE)
    const passphraseFile = cli.file('passphrase', `${PASSPHRASE}\n`)
    const sealing = ['context', 'publish', file, '--name', 'atlas', '--seal', '--passphrase-file', passphraseFile]
    expect(await muster(sealing)).toMatchObject({ code: 0, stdout: expect.stringContaining('(sealed)') })
    const [context] = (await alice.api.contexts.list()).items
    const stored = await alice.api.contexts.version(context?.id ?? '', 1)
    expect(stored).toMatchObject({ format: 'age', body: expect.stringMatching(/^-----BEGIN AGE/) })
    expect(stored.body).not.toContain('ALICE')

    const shown = await muster(['context', 'show', 'atlas', '--text', '--passphrase-file', passphraseFile])
    expect(shown).toMatchObject({ code: 0, stdout: ONE })
    const wrong = ['context', 'show', 'atlas', '--text', '--passphrase-file', '-']
    expect(await muster(wrong, 'another passphrase')).toMatchObject({
      code: 65,
      stdout: '',
      stderr: expect.stringContaining('error[wrong-passphrase]'),
    })
    const unasked = await muster(['context', 'show', 'atlas', '--text'])
    expect(unasked).toMatchObject({ code: 65, stderr: expect.stringContaining('--passphrase-file') })
    expect(await publish(TWO)).toMatchObject({ code: 64, stderr: expect.stringContaining('is sealed') })
    expect(await publish(TWO, '--plain')).toMatchObject({ code: 0 })
  })

  test('refuses a passphrase that is too short, and exits 65', async () => {
    const file = cli.file('a.context', ONE)
    const sealing = ['context', 'publish', file, '--name', 'atlas', '--seal', '--passphrase-file', '-']
    const ended = await muster(sealing, 'short')
    expect(ended).toMatchObject({ code: 65, stderr: expect.stringContaining('error[weak-passphrase]') })
    expect(ended.stderr).not.toContain('short\n')
  })

  test.each([
    [['--name', 'a/b']],
    [['--name', 'a@2']],
    [['--name', 'a', '--seal', '--plain']],
    [['--name', 'a', '--passphrase-file', 'x']],
    [['--name', 'a', '--seal', '--passphrase-file', '-']],
    [[]],
  ])('refuses options that make no sense, and exits 64: %j', async (options) => {
    expect(await muster(['context', 'publish', '-', ...options], ONE)).toMatchObject({ code: 64, stdout: '' })
  })
})

describe('muster context list, show, diff and clone', () => {
  test('list contexts as a table and as JSON', async () => {
    expect(await muster(['context', 'list'])).toMatchObject({ code: 0, stdout: 'No contexts.\n' })
    await publish(ONE)
    expect((await muster(['context', 'list'])).stdout).toMatch(/^NAME +VERSION .*\natlas +1 +no /)
    const { contexts } = JSON.parse((await muster(['context', 'list', '--json'])).stdout)
    expect(contexts).toMatchObject([{ name: 'atlas', latest: { version: 1 } }])
  })

  test('show a context with its versions, and the text of one', async () => {
    await publish(ONE, '--note', 'first')
    await publish(TWO)
    expect((await muster(['context', 'show', 'atlas'])).stdout).toMatch(
      /name +atlas[\s\S]*\n2 +no[\s\S]*\n1 +no.*first/,
    )
    expect((await muster(['context', 'show', 'atlas@1', '--text'])).stdout).toBe(ONE)
    const { version, text } = JSON.parse((await muster(['context', 'show', 'atlas', '--text', '--json'])).stdout)
    expect({ version: version.version, text }).toEqual({ version: 2, text: TWO })
  })

  test('diff exits 2 for a difference and 0 for none', async () => {
    await publish(ONE)
    await publish(TWO)
    const different = await muster(['context', 'diff', 'atlas@1', 'atlas@2'])
    expect(different).toMatchObject({ code: 2 })
    expect(different.stdout).toContain('-organisations=ALICE\n+organisations=ATLAS')
    expect((await muster(['context', 'diff', 'atlas'])).stdout).toBe(different.stdout)
    expect(await muster(['context', 'diff', 'atlas', 'atlas@2'])).toMatchObject({ code: 0, stdout: '' })
    const file = cli.file('mine.context', ONE)
    expect(await muster(['context', 'diff', 'atlas@1', '--file', file, '--json'])).toMatchObject({ code: 0 })
  })

  test('clone makes a new context from a version', async () => {
    await publish(ONE)
    await publish(TWO)
    expect(await muster(['context', 'clone', 'atlas@1', 'copy'])).toMatchObject({ code: 0 })
    expect((await muster(['context', 'show', 'copy', '--text'])).stdout).toBe(ONE)
    expect(await muster(['context', 'clone', 'atlas', 'copy'])).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('error[name-taken]'),
    })
  })

  test.each([
    [['context', 'show', 'nothing'], 1, 'not-found'],
    [['context', 'show', 'a@0'], 64, 'usage'],
    [['machine', 'show', 'nothing'], 1, 'not-found'],
    [['machine', 'rename', 'nothing', 'x'], 1, 'not-found'],
  ])('%j exits %i', async (args, code, error) => {
    const ended = await muster(args)
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(`error[${error}]`) })
  })

  test('show of a version that does not exist exits 1', async () => {
    await publish(ONE)
    expect(await muster(['context', 'show', 'atlas@7', '--text'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('its latest is 1'),
    })
  })

  test("another person's context is not there", async () => {
    await publish(ONE)
    const bob = await signUp(coordinator.url, 'bob')
    const other = await bob.api.accounts.createToken({ name: 'x', scopes: ['contexts:read'], expiresInDays: 1 })
    const ended = await cli.run(['context', 'show', 'atlas'], { env: { MUSTER_TOKEN: other.token } })
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('error[not-found]') })
    const writing = await cli.run(['context', 'publish', '-', '--name', 'n'], {
      env: { MUSTER_TOKEN: other.token },
      stdin: ONE,
    })
    expect(writing).toMatchObject({ code: 77, stderr: expect.stringContaining('scope') })
  })
})

import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadAgentKey } from '@muster/vm-agent/identity/agent-key.ts'
import {
  dropPairingRecord,
  loadPairingRecord,
  type PairingRecord,
  savePairingRecord,
} from '@muster/vm-agent/identity/pairing-record.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'

let parent: string
let state: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'muster-identity-'))
  state = join(parent, 'var/lib/muster')
})

afterEach(() => rm(parent, { recursive: true, force: true }))

const record: PairingRecord = {
  coordinatorUrl: 'https://muster.example.org',
  machineId: 'mch_01jd0000000000000000000000',
  machineToken: 'msm_secret-of-the-machine',
  owner: { accountId: 'acc_01jd0000000000000000000000', login: 'alice' },
  pairedAt: Date.UTC(2026, 10, 22),
}

test('the key is made once, is private, and signs', async () => {
  const first = await loadAgentKey(state)
  const second = await loadAgentKey(state)
  expect(first.publicKey).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(second.publicKey).toBe(first.publicKey)
  expect((await stat(join(state, 'agent.key'))).mode & 0o777).toBe(0o600)
  expect((await stat(state)).mode & 0o777).toBe(0o700)
  const signature = sign(null, Buffer.from('x'), second.privateKey)
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: first.publicKey }, format: 'jwk' })
  expect(verify(null, Buffer.from('x'), publicKey, signature)).toBe(true)
})

test.each([
  ['an empty file', ''],
  ['half a key', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQ'],
  [
    'a key of another kind',
    generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ],
])('%s as key is refused with what to do', async (_, text) => {
  await mkdir(state, { recursive: true })
  await writeFile(join(state, 'agent.key'), text)
  await expect(loadAgentKey(state)).rejects.toMatchObject({
    code: 'state-damaged',
    hint: expect.stringContaining('agent.key'),
  })
})

test('the record of a pairing is kept, replaced whole and dropped', async () => {
  expect(await loadPairingRecord(state)).toBeUndefined()
  await savePairingRecord(state, { ...record, machineToken: 'msm_old' })
  await savePairingRecord(state, record)
  expect(await loadPairingRecord(state)).toEqual(record)
  expect((await stat(join(state, 'machine.json'))).mode & 0o777).toBe(0o600)
  expect(await readdir(state)).toEqual(['machine.json'])
  await dropPairingRecord(state)
  await dropPairingRecord(state)
  expect(await loadPairingRecord(state)).toBeUndefined()
})

test.each([
  ['not JSON', (text: string) => text.slice(0, -20)],
  ['not JSON', () => ''],
  ['/machineId', (text: string) => text.replace('mch_', 'other_')],
  ['not as the agent writes it', () => '[]'],
  ['1100', () => undefined],
])('a damaged record is refused: %s', async (problem, damage) => {
  await savePairingRecord(state, record)
  const path = join(state, 'machine.json')
  const text = damage(await readFile(path, 'utf8')) ?? '1100'.repeat(1024 * 1024)
  await writeFile(path, text)
  const failure = expect(loadPairingRecord(state)).rejects
  if (problem === '1100')
    await failure.toMatchObject({ code: 'state-damaged', message: expect.stringContaining('bytes') })
  else await failure.toMatchObject({ code: 'state-damaged', message: expect.stringContaining(problem) })
})

test('a state directory that cannot be made says so and what to do', async () => {
  await mkdir(join(parent, 'var'), { recursive: true })
  await writeFile(join(parent, 'var/lib'), 'a file in the way')
  await expect(loadAgentKey(state)).rejects.toMatchObject({
    code: 'state-unusable',
    hint: expect.stringMatching(/--state/),
  })
})

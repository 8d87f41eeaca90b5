import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@muster/runtime/clock.ts'
import { createLog } from '@muster/runtime/log.ts'
import { loadAgentKey } from '@muster/vm-agent/identity/agent-key.ts'
import { IDENTITY_FILE, loadIdentity } from '@muster/vm-agent/identity/identity-record.ts'
import { OF_ONE_MACHINE, settleIdentity } from '@muster/vm-agent/identity/settle-identity.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../apply/tree-fixture.ts'

const KILLED_SETTLE = fileURLToPath(new URL('killed-settle.ts', import.meta.url))
const UUID = '0c4f1b1e-94a1-4b52-9c2b-57a5b1b0f5aa'
const STAYS = ['last-apply.json', 'journal/t00000001/log', 'versions/1.0.0/muster-agent', 'output/script.log']

let root: string
let stateDir: string
let logged: string

beforeEach(() => {
  root = temporaryDirectory()
  stateDir = join(root, 'var/lib/muster')
  logged = ''
})

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function settle(): Promise<readonly string[]> {
  const log = createLog({
    level: 'debug',
    format: 'json',
    destination: {
      write: (line: string) => {
        logged += line
      },
    },
  })
  return settleIdentity({ clock: systemClock, log }, { root, stateDir, signal: new AbortController().signal })
}

/** A machine that has been used: paired, in a cluster, with a context applied. */
async function usedMachine(): Promise<string> {
  put('sys/class/dmi/id/product_uuid', `${UUID}\n`)
  put('var/lib/cloud/data/instance-id', 'i-1\n')
  put('etc/machine-id', `${'ab'.repeat(16)}\n`)
  await settle()
  const { publicKey } = await loadAgentKey(stateDir)
  for (const name of OF_ONE_MACHINE) {
    if (name === 'agent.key') continue
    put(`var/lib/muster/${name === 'mesh' ? 'mesh/cluster-1/node.key' : name}`, 'secret-of-the-original')
  }
  for (const name of STAYS) put(`var/lib/muster/${name}`, 'stays')
  return publicKey
}

const isThere = (name: string) => existsSync(join(stateDir, name))

describe('the state directory of a machine', () => {
  test('remembers at the first start of which machine it is, and says nothing', async () => {
    put('sys/class/dmi/id/product_uuid', `${UUID}\n`)
    expect(await settle()).toEqual([])
    expect(await loadIdentity(stateDir)).toMatchObject({ evidence: { productUuid: UUID }, clone: undefined })
  })

  test('stays that of the machine over reboots, and when cloud-init is removed', async () => {
    const key = await usedMachine()
    expect(await settle()).toEqual([])
    rmSync(join(root, 'var/lib/cloud'), { recursive: true })
    expect(await settle()).toEqual([])
    expect((await loadAgentKey(stateDir)).publicKey).toBe(key)
    for (const name of [...OF_ONE_MACHINE, ...STAYS]) expect(isThere(name)).toBe(true)
  })

  test.each([
    ['another instance id', 'var/lib/cloud/data/instance-id', 'i-2\n', 'its instance id in the cloud is another'],
    [
      'other hardware',
      'sys/class/dmi/id/product_uuid',
      '5f0c7d10-1111-4b52-9c2b-57a5b1b0f5aa\n',
      'the UUID of its hardware is another',
    ],
  ])('is emptied of what makes the original on a copy with %s, and the copy says so', async (_, path, text, words) => {
    const key = await usedMachine()
    put(path, text)
    const [told = ''] = await settle()
    expect(told).toContain('is a copy of another one')
    expect(told).toContain(words)
    for (const name of OF_ONE_MACHINE) expect(isThere(name), name).toBe(false)
    for (const name of STAYS) expect(isThere(name), name).toBe(true)
    expect((await loadAgentKey(stateDir)).publicKey).not.toBe(key)
    expect(logged).toContain('is a copy of another')
    expect(logged + told).not.toMatch(new RegExp(`secret-of|${UUID}|i-1`))
    expect(await settle()).toEqual([])
    expect(await loadIdentity(stateDir)).toMatchObject({ clone: { isPutAway: true } })
  })

  test('is not emptied when the machine id alone is another, and the person is told once', async () => {
    const key = await usedMachine()
    put('etc/machine-id', `${'cd'.repeat(16)}\n`)
    expect(await settle()).toEqual([expect.stringContaining('/etc/machine-id is another')])
    expect(await settle()).toEqual([])
    expect((await loadAgentKey(stateDir)).publicKey).toBe(key)
  })

  test('of an agent that did not remember it yet is taken as that of the machine it is found on', async () => {
    const key = await usedMachine()
    rmSync(join(stateDir, IDENTITY_FILE))
    expect(await settle()).toEqual([])
    expect((await loadAgentKey(stateDir)).publicKey).toBe(key)
  })

  test.each(['', '{', '{"version":1}', '{"version":2}'])('is refused when its record is damaged: %j', async (text) => {
    await usedMachine()
    writeFileSync(join(stateDir, IDENTITY_FILE), text)
    await expect(settle()).rejects.toMatchObject({ code: 'state-damaged', hint: expect.stringContaining('copy') })
  })
})

describe('a copy that was stopped while it put the original away', () => {
  test.each(['noticed', ...OF_ONE_MACHINE, 'done'])(
    'with kill -9 after %s is a new machine at the next start',
    async (step) => {
      const key = await usedMachine()
      put('var/lib/cloud/data/instance-id', 'i-2\n')
      const child = spawn(process.execPath, [KILLED_SETTLE, root, stateDir, step], { stdio: 'ignore' })
      expect(await once(child, 'close')).toEqual([null, 'SIGKILL'])
      expect(await settle()).toHaveLength(step === 'done' ? 0 : 1)
      for (const name of OF_ONE_MACHINE) expect(isThere(name), name).toBe(false)
      for (const name of STAYS) expect(isThere(name), name).toBe(true)
      expect((await loadAgentKey(stateDir)).publicKey).not.toBe(key)
      expect(await loadIdentity(stateDir)).toMatchObject({
        evidence: { instanceId: 'i-2' },
        clone: { isPutAway: true },
      })
    },
  )

  const pending = () => {
    const path = join(stateDir, IDENTITY_FILE)
    const stored = JSON.parse(readFileSync(path, 'utf8'))
    const clone = { noticedAt: '2026-11-22T12:00:00.000Z', changed: ['instance-id'], isPutAway: false }
    writeFileSync(path, JSON.stringify({ ...stored, clone }))
  }

  test.each(OF_ONE_MACHINE.map((_, removed) => [removed]))(
    'finishes at the next start (%i removed)',
    async (removed) => {
      await usedMachine()
      pending()
      for (const name of OF_ONE_MACHINE.slice(0, removed)) rmSync(join(stateDir, name), { recursive: true })
      // Even when nothing looks like a copy any more: what is left is half of the original.
      expect(await settle()).toEqual([expect.stringContaining('is a copy')])
      for (const name of OF_ONE_MACHINE) expect(isThere(name), name).toBe(false)
      expect(await loadIdentity(stateDir)).toMatchObject({
        evidence: { instanceId: 'i-1' },
        clone: { isPutAway: true },
      })
      expect(await settle()).toEqual([])
    },
  )
})

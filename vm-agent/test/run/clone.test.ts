import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { savePairingRecord } from '../../src/identity/pairing-record.ts'
import { type CloudMachine, makeCloudMachine } from './machine.ts'

const KILLED_APPLY = fileURLToPath(new URL('killed-apply.ts', import.meta.url))
const UUID = 'sys/class/dmi/id/product_uuid'
const STATE = 'var/lib/muster'

vi.setConfig({ testTimeout: 180_000 })

/** Paired with the coordinator that nobody reaches in these tests. */
async function pairedMachine(): Promise<CloudMachine> {
  const machine = makeCloudMachine()
  machine.put(UUID, '0c4f1b1e-94a1-4b52-9c2b-57a5b1b0f5aa\n')
  machine.boot('nocloud')
  await savePairingRecord(join(machine.root, STATE), {
    coordinatorUrl: 'http://127.0.0.1:9',
    machineId: 'mch_01jd0000000000000000000000',
    machineToken: 'msm_token-of-the-original',
    owner: { accountId: 'acc_01jd0000000000000000000000', login: 'alice' },
    pairedAt: 0,
  })
  return machine
}

test('a paired machine stays that of its owner over reboots, and a copy on other hardware asks for a PIN of its own', async () => {
  const machine = await pairedMachine()
  for (let boot = 0; boot < 2; boot++) {
    const original = machine.start()
    await original.shows('This machine belongs to alice.')
    await original.stop()
  }
  const key = machine.read(`${STATE}/agent.key`)

  machine.put(UUID, '5f0c7d10-1111-4b52-9c2b-57a5b1b0f5aa\n')
  const copy = machine.start()
  await copy.shows('is a copy of another one: the UUID of its hardware is another.')
  await copy.shows('Not paired, and no PIN to be had.')
  expect(copy.console()).not.toContain('alice')
  expect(copy.console() + copy.log()).not.toContain('token-of-the-original')
  expect(machine.read(`${STATE}/agent.key`)).not.toBe(key)
  expect(statSync(join(machine.root, STATE, 'identity.json')).mode & 0o777).toBe(0o600)
  expect(await machine.status()).toMatchObject({ paired: null, identity: { clone: { changed: ['product-uuid'] } } })
  await copy.stop()

  const again = machine.start()
  await again.shows('no PIN to be had')
  expect(again.console()).not.toContain('copy of another')
  await again.stop()
})

test('an apply that the original had not ended is taken back on the copy, before it becomes another machine', async () => {
  const machine = await pairedMachine()
  const original = machine.start()
  await original.shows('This machine belongs to alice.')
  await original.stop()
  const context = '[amiconfig]\nplugins=hostname\n[hostname]\nhostname=half-way\n'
  const child = spawn(process.execPath, [KILLED_APPLY, machine.root, join(machine.root, STATE), context])
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL'])
  expect(machine.read('etc/hostname')).toBe('half-way\n')

  machine.boot('i-2')
  machine.put(UUID, '5f0c7d10-1111-4b52-9c2b-57a5b1b0f5aa\n')
  const copy = machine.start()
  await copy.shows(/An apply that had been interrupted was taken back.*is a copy of another one/)
  expect(machine.read('etc/hostname')).toBe('before\n')
  expect(await machine.status()).toMatchObject({ hasOpenJournal: false, paired: null })
  await copy.stop()
})

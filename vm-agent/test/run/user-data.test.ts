import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { shellTreeSource } from '../apply/shell-tree.ts'
import { isRoot } from '../apply/tree-fixture.ts'
import { makeCloudMachine } from './machine.ts'

const HOSTNAME = '[amiconfig]\nplugins=hostname\n[hostname]\nhostname=from-user-data\n'
const patient = { timeout: 60_000 }
const makeShellTree = shellTreeSource()

vi.setConfig({ testTimeout: 180_000 })

test('the context in user-data is applied beside pairing, said on the console and in status, and once', async () => {
  const machine = makeCloudMachine()
  machine.boot('i-1', HOSTNAME)
  const first = machine.start()
  await first.shows('User-data: applied')
  await first.shows('Not paired, and no PIN to be had')
  expect(machine.read('etc/hostname')).toBe('from-user-data\n')
  expect(await machine.status()).toMatchObject({
    userData: { instance: 'i-1', phase: 'applied', tries: 1, script: 'agent' },
    context: { name: 'user-data' },
  })
  expect(await first.stop()).toBe(0)

  // A person has changed it since: the next boot does nothing twice.
  machine.put('etc/hostname', 'by-hand\n')
  const second = machine.start()
  await second.shows('no PIN to be had')
  await expect.poll(() => second.log(), patient).toContain('was applied before')
  expect(second.console()).not.toContain('User-data')
  expect(machine.read('etc/hostname')).toBe('by-hand\n')
  expect(await second.stop()).toBe(0)
})

test('another instance of the image applies it again', async () => {
  const machine = makeCloudMachine()
  machine.boot('i-1', HOSTNAME)
  const first = machine.start()
  await first.shows('User-data: applied')
  await first.stop()
  machine.put('etc/hostname', 'of-the-original\n')
  machine.boot('i-2', HOSTNAME)
  const second = machine.start()
  await second.shows('is a copy of another one: its instance id in the cloud is another')
  await second.shows('User-data: applied: 1 change')
  expect(machine.read('etc/hostname')).toBe('from-user-data\n')
  expect(await machine.status()).toMatchObject({
    identity: { clone: { changed: ['instance-id'], isPutAway: true } },
    userData: { instance: 'i-2' },
  })
  await second.stop()
})

test('parts that cloud-init has handed over are applied, and its own are left to it', async () => {
  const machine = makeCloudMachine()
  machine.boot('i-1', '#cloud-config\nhostname: from-cloud-config\n')
  machine.put('run/muster/user-data/part-001', HOSTNAME)
  machine.put('run/muster/user-data/complete', '')
  const agent = machine.start()
  await agent.shows('User-data: applied')
  expect(machine.read('etc/hostname')).toBe('from-user-data\n')
  await agent.stop()
})

test('user-data that is all for cloud-init is no error, and nothing is said', async () => {
  const machine = makeCloudMachine()
  machine.boot('i-1', '#cloud-config\nhostname: from-cloud-config\n')
  const agent = machine.start()
  await agent.shows('no PIN to be had')
  await expect.poll(() => agent.log(), patient).toContain('nothing for the agent')
  expect(agent.console()).not.toContain('User-data')
  expect(await machine.status()).toMatchObject({ userData: null })
  await agent.stop()
})

test('a context with an error is told with its line, and not tried again', async () => {
  const machine = makeCloudMachine()
  machine.boot('i-1', '[amiconfig]\nplugins=hostname\n[hostname]\nhostname=not a name!\n')
  const first = machine.start()
  await first.shows(/User-data: NOT APPLIED: line 4: .* It is not tried again\./)
  await first.stop()
  const second = machine.start()
  await second.shows(/User-data: NOT APPLIED: line 4:/)
  expect(await machine.status()).toMatchObject({ userData: { phase: 'failed', tries: 1 } })
  await second.stop()
})

test('a section [muster] makes the machine join its cluster, without a coordinator', async () => {
  const machine = makeCloudMachine()
  machine.put('agent.conf', '')
  machine.boot('i-1', `[muster]\ncluster=cluster-1\ntoken=${'t'.repeat(43)}\n`)
  const agent = machine.start('--config', join(machine.root, 'agent.conf'))
  await agent.shows(/User-data: NOT APPLIED: .*coordinator/)
  await agent.shows('This machine has no coordinator, and nobody can pair it.')
  await agent.stop()
})

describe.runIf(isRoot)('a script in raw user-data', () => {
  const contextOf = (script: string) => `#!/bin/sh.after\n${script}\nexit 0\n${HOSTNAME}`

  test('that a power cut ends is taken back with all else, which is said, and applied at the next start', async () => {
    const machine = makeCloudMachine(makeShellTree())
    machine.put('etc/hold', '')
    machine.boot('i-1', contextOf('echo run >> /root/runs\nwhile [ -e /etc/hold ]; do sleep 0.1; done'))
    const first = machine.start()
    await expect.poll(() => machine.read('etc/hostname'), patient).toBe('from-user-data\n')
    await first.cut()
    expect(await machine.status()).toMatchObject({ hasOpenJournal: true, userData: { phase: 'begun', tries: 1 } })
    rmSync(join(machine.root, 'etc/hold'))
    const second = machine.start()
    await second.shows('An apply that had been interrupted was taken back: the machine is as before it.')
    await second.shows('User-data: applied')
    expect(machine.read('root/runs')).toBe('run\n')
    expect(await machine.status()).toMatchObject({ hasOpenJournal: false, userData: { phase: 'applied', tries: 2 } })
    await second.stop()
  })

  test('that ends the machine at each start is given up', async () => {
    const machine = makeCloudMachine(makeShellTree())
    machine.put('etc/hold', '')
    machine.boot('i-1', contextOf('while [ -e /etc/hold ]; do sleep 0.1; done'))
    for (let start = 1; start <= 5; start++) {
      const agent = machine.start()
      await agent.shows('User-data: being applied')
      await agent.cut()
    }
    const last = machine.start()
    await last.shows('User-data: NOT APPLIED: it did not end at 5 starts of this machine.')
    await last.shows('It is not tried again.')
    await last.stop()
  })

  test('is run once: by the agent, which takes it from cloud-init', async () => {
    const machine = makeCloudMachine(makeShellTree())
    const context = contextOf('echo run >> /root/runs')
    machine.boot('i-1', context)
    const script = machine.instancePath('scripts/part-001')
    machine.put(script, context)
    const first = machine.start()
    await first.shows('User-data: applied')
    expect(machine.read('root/runs')).toBe('run\n')
    await first.stop()
    // The next boot, before cloud-init has had its turn in the one before.
    machine.put(script, context)
    const second = machine.start()
    await expect.poll(() => second.log(), patient).toContain('was applied before')
    await second.stop()
    expect(machine.read('root/runs')).toBe('run\n')
    expect(existsSync(join(machine.root, script))).toBe(false)
  })

  test('is run once: by cloud-init, when that has begun; the rest is applied', async () => {
    const machine = makeCloudMachine(makeShellTree())
    const context = contextOf('echo run >> /root/runs')
    machine.boot('i-1', context)
    machine.put(machine.instancePath('scripts/part-001'), context)
    machine.put(machine.instancePath('sem/config_scripts_user'), '')
    const agent = machine.start()
    await agent.shows('User-data: applied')
    await agent.stop()
    expect(machine.read('etc/hostname')).toBe('from-user-data\n')
    expect(existsSync(join(machine.root, 'root/runs'))).toBe(false)
    expect(await machine.status()).toMatchObject({ userData: { script: 'cloud-init' } })
  })
})

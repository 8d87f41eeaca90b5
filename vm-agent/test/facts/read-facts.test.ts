import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { MachineFacts } from '@muster/contexts/wire/pairings.ts'
import { systemClock } from '@muster/runtime/clock.ts'
import { readMachineFacts } from '@muster/vm-agent/facts/machine-facts.ts'
import { readFacts } from '@muster/vm-agent/facts/read-facts.ts'
import { Value } from 'typebox/value'
import { afterEach, beforeEach, expect, test } from 'vitest'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-facts-'))
  await mkdir(join(root, 'etc'))
  await mkdir(join(root, 'usr/lib'), { recursive: true })
})

afterEach(() => rm(root, { recursive: true, force: true }))

test('a tree tells its own name and system, and has no address', async () => {
  await writeFile(join(root, 'etc/hostname'), 'worker7\n')
  await writeFile(join(root, 'etc/hosts'), '127.0.1.1 worker7.example.org worker7\n')
  await writeFile(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID=12\nPRETTY_NAME=Debian\n')
  const facts = await readFacts({ root })
  expect(facts).toMatchObject({
    hostname: 'worker7',
    fqdn: 'worker7.example.org',
    os: { id: 'debian', version: '12', name: 'Debian' },
    address: undefined,
    metadata: { publicKeys: [] },
  })
  expect(facts.cpus).toBeGreaterThan(0)
  expect(facts.memoryMiB).toBeGreaterThan(0)
})

test('a link that leads out of the tree tells nothing about the host', async () => {
  await symlink('/etc/os-release', join(root, 'etc/os-release'))
  await writeFile(join(root, 'usr/lib/os-release'), 'ID=inside\n')
  expect((await readFacts({ root })).os.id).toBe('inside')
})

test('an empty tree still gives facts', async () => {
  expect(await readFacts({ root })).toMatchObject({ hostname: 'localhost', fqdn: 'localhost', os: { id: '' } })
})

test('keys and names of the cloud come from what cloud-init left', async () => {
  await mkdir(join(root, 'run/cloud-init'), { recursive: true })
  const v1 = { instance_id: 'i-1', local_hostname: 'vm1', public_ssh_keys: ['ssh-ed25519 AAAA a@b\n', 7, 'x\ny'] }
  await writeFile(join(root, 'run/cloud-init/instance-data.json'), JSON.stringify({ v1 }))
  expect((await readFacts({ root })).metadata).toEqual({
    instanceId: 'i-1',
    localHostname: 'vm1',
    publicKeys: ['ssh-ed25519 AAAA a@b'],
  })
})

test('damaged or huge files are facts that are not known', async () => {
  await mkdir(join(root, 'run/cloud-init'), { recursive: true })
  await writeFile(join(root, 'run/cloud-init/instance-data.json'), '{"v1":')
  await writeFile(join(root, 'etc/os-release'), `ID=big\n${'#'.repeat(2 * 1024 * 1024)}`)
  expect(await readFacts({ root })).toMatchObject({ os: { id: '' }, metadata: { publicKeys: [] } })
})

test('the running machine is read within 50 ms', async () => {
  await readFacts({ root: '/' })
  const times: number[] = []
  for (let run = 0; run < 5; run++) {
    const start = systemClock.monotonic()
    const facts = await readFacts({ root: '/' })
    times.push(systemClock.monotonic() - start)
    expect(facts.fqdn.startsWith(hostname().split('.')[0] ?? '')).toBe(true)
  }
  expect(Math.min(...times)).toBeLessThan(50)
})

test('facts for pairing keep the limits of the wire', async () => {
  await writeFile(join(root, 'etc/hostname'), `${'h'.repeat(400)}\n`)
  await writeFile(join(root, 'etc/os-release'), `PRETTY_NAME="${'o'.repeat(500)}"\n`)
  const facts = await readMachineFacts({ clock: systemClock }, { root })
  expect([...Value.Errors(MachineFacts, facts)]).toEqual([])
  expect(Date.parse(facts.bootedAt)).toBeLessThan(systemClock.now())
})

test('reading stops when it is aborted', async () => {
  const reason = new Error('enough')
  await expect(readFacts({ root, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

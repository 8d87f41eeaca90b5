import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../files/muster-starting.sh', import.meta.url))
const UNIT = readFileSync(fileURLToPath(new URL('../files/muster-agent.service', import.meta.url)), 'utf8')
const patient = { timeout: 50_000 }

const LOOPBACK = '     |-- 127.0.0.1\n        /32 host LOCAL\n'

/** What a kernel tells, in a folder, and the script that reads it. */
function makeBoot() {
  const folder = mkdtempSync(join(tmpdir(), 'muster-starting-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  put('proc/net/fib_trie', LOOPBACK)
  put('proc/net/if_inet6', '00000000000000000000000000000001 01 80 10 80       lo\n')
  put('sys/class/tty/console/active', 'tty0 ttyS0\n')
  for (const name of ['tty0', 'ttyS0', 'console']) put(`dev/${name}`, '')
  put('sys/class/net/lo/address', '00:00:00:00:00:00\n')
  const read = (path: string) => (existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : '')
  const start = () => {
    const places = ['proc', 'sys', 'dev', 'run'].map((name) => join(folder, name))
    const child = spawn('sh', [SCRIPT, ...places, '0.05'], { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  }
  return { put, read, start, remove: (path: string) => rmSync(join(folder, path)) }
}

test('a machine without an address says so on each console and above the prompts, with its cards, until it has one', async () => {
  const boot = makeBoot()
  boot.put('sys/class/net/eth0/address', '52:54:00:12:34:56\n')
  boot.put('sys/class/net/eth0/carrier', '0\n')
  boot.put('sys/class/net/eth1/address', '52:54:00:12:34:57\n')
  boot.put('sys/class/net/eth1/carrier', '1\n')
  boot.put('sys/class/net/docker0/address', '02:42:00:00:00:01\n')
  const child = boot.start()
  for (const place of ['dev/tty0', 'dev/ttyS0', 'run/muster.issue']) {
    await vi.waitFor(() => expect(boot.read(place)).toContain('is starting, and has no network address yet.'), patient)
    expect(boot.read(place)).toMatch(/eth0 +52:54:00:12:34:56 +is not connected\n/)
    expect(boot.read(place)).toMatch(/eth1 +52:54:00:12:34:57 +waits for an address\n/)
    expect(boot.read(place)).toContain('Waiting for the network: check the cable or virtual network')
    expect(boot.read(place)).not.toContain('docker0')
    for (const line of boot.read(place).split('\n')) expect(line.length).toBeLessThanOrEqual(79)
  }
  expect(boot.read('dev/console')).toBe('')

  boot.put('sys/class/net/eth0/carrier', '1\n')
  await vi.waitFor(() => expect(boot.read('dev/tty0')).toMatch(/eth0 .*waits for an address/), patient)
  boot.put('proc/net/fib_trie', `${LOOPBACK}     |-- 192.0.2.5\n        /32 host LOCAL\n`)
  await vi.waitFor(() => expect(boot.read('dev/ttyS0')).toContain('has the address 192.0.2.5.'), patient)

  child.kill('SIGTERM')
  expect((await once(child, 'exit'))[0]).toBe(0)
  expect(boot.read('run/muster.issue')).toBe('')
})

test('a machine with a global IPv6 address alone has an address, one with link-local ones has none', async () => {
  const boot = makeBoot()
  boot.put('proc/net/fib_trie', `${LOOPBACK}     |-- 169.254.7.7\n        /32 host LOCAL\n`)
  boot.put('proc/net/if_inet6', 'fe80000000000000505400fffe123456 02 40 20 80     eth0\n')
  boot.start()
  await vi.waitFor(() => expect(boot.read('dev/tty0')).toContain('It has no network card.'), patient)
  boot.put('proc/net/if_inet6', '20010db8000000000000000000000005 02 40 00 80     eth0\n')
  await vi.waitFor(
    () => expect(boot.read('dev/tty0')).toContain('has the address 2001:0db8:0000:0000:0000:0000:0000:0005.'),
    patient,
  )
})

test('what the agent has put above the login prompts stays, and a container speaks on its one console', async () => {
  const boot = makeBoot()
  for (const name of ['tty0', 'ttyS0']) boot.remove(`dev/${name}`)
  boot.put('run/muster.issue', 'of the agent')
  const child = boot.start()
  await vi.waitFor(() => expect(boot.read('dev/console')).toContain('has no network address yet'), patient)
  child.kill('SIGTERM')
  await once(child, 'exit')
  expect(boot.read('run/muster.issue')).toBe('of the agent')
})

test('the agent is not held up by a network that does not come, and takes the consoles over when it starts', () => {
  const ordered = UNIT.split('\n').filter((line) => /^(After|Wants|Requires|BindsTo)=/.test(line))
  expect(ordered).toEqual(['After=network.target cloud-init.service cloud-init-network.service'])
  expect(UNIT).toContain("ExecStartPre=-/bin/sh -c 'systemctl stop muster-starting.service'\n")
})

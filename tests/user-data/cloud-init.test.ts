import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { canBuildTrees, hasProgram } from '../capabilities.ts'
import { runMuster, startMuster } from '../program.ts'
import { copyTree } from '../trees/debian-tree.ts'
import { WITH_CLOUD_INIT } from '../trees/recipe.ts'
import { until } from '../until.ts'

const LIMIT_MS = 300_000
/** Nothing listens there. */
const NOBODY = 'http://127.0.0.1:9'
const HOSTNAME = '[amiconfig]\nplugins=hostname\n[hostname]\nhostname=from-user-data\n'
/** As the public contexts have it: does nothing when cloud-init runs it. */
const GUARD = `parents=$(pid=$$; while [ $pid -ne 1 ]; do pid=$(ps -o ppid= -p $pid); cat /proc/$(echo $pid)/cmdline; done)
if ! echo $parents | grep -q amiconfig; then exit 0; fi
`

vi.setConfig({ testTimeout: LIMIT_MS })

/** A machine of Debian with cloud-init, of which the agent and cloud-init run what they would at a boot. */
interface CloudTree {
  readonly root: string
  /** The part of cloud-init that reads user-data; what it hands over is kept for the agent. */
  beginBoot(): void
  /** The part of cloud-init that runs scripts, after the machine is up. */
  endBoot(): void
  /** Starts the agent, waits until its log says this, and stops it. */
  runAgent(until: RegExp): Promise<void>
  /** Who has run something, in order. */
  runs(): string
  [Symbol.dispose](): void
}

async function cloudTree(userData: string, options: { readonly isStock?: boolean } = {}): Promise<CloudTree> {
  const tree = await copyTree(WITH_CLOUD_INIT)
  const { root } = tree
  const agent = join(root, '../agent')
  writeFileSync(agent, '#!/bin/sh\n')
  const { code, stderr } = await runMuster('muster-agent', ['install', '--root', root, '--agent', agent])
  expect(code, stderr).toBe(0)
  const handler = join(root, 'var/lib/cloud/handlers/muster_part_handler.py')
  if (options.isStock === true) renameSync(handler, join(root, '../handler.py'))
  const seed = join(root, 'var/lib/cloud/seed/nocloud')
  mkdirSync(seed, { recursive: true })
  writeFileSync(join(seed, 'meta-data'), 'instance-id: i-1\n')
  writeFileSync(join(seed, 'user-data'), userData)
  writeFileSync(
    join(root, 'etc/cloud/cloud.cfg.d/99_test.cfg'),
    'datasource_list: [NoCloud, None]\nnetwork: {config: disabled}\ncloud_init_modules: []\ncloud_final_modules: [scripts-user]\n',
  )
  return {
    root,
    beginBoot() {
      rmSync(join(root, 'run/muster'), { recursive: true, force: true })
      inside(root, 'cloud-init init --local && cloud-init init; code=$?; cp -a /run/muster /kept; exit $code')
      mkdirSync(join(root, 'run/muster'), { recursive: true })
      try {
        renameSync(join(root, 'kept/user-data'), join(root, 'run/muster/user-data'))
      } catch {
        // There was no part for the agent.
      }
      rmSync(join(root, 'kept'), { recursive: true, force: true })
      if (options.isStock === true) spawnSync('cp', [join(root, '../handler.py'), handler])
    },
    endBoot: () => inside(root, 'mkdir -p /run/cloud-init && cloud-init modules --mode final'),
    async runAgent(pattern) {
      const args = ['run', '--root', root, '--coordinator', NOBODY, '--user-data', 'on', '--console', 'none']
      const running = startMuster('muster-agent', args)
      try {
        await until(`${pattern} in the log of the agent`, () => (pattern.test(running.stderr()) ? true : undefined), {
          timeoutMs: LIMIT_MS / 3,
        })
      } finally {
        await running.stop()
      }
    },
    runs: () => readFileSync(join(root, 'root/runs'), 'utf8'),
    [Symbol.dispose]: tree[Symbol.dispose],
  }
}

/** Runs a command in the tree, in namespaces of its own. */
function inside(root: string, command: string): void {
  const enter = 'mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/run" && exec chroot "$1" sh -c "$2"'
  const args = ['-m', '-n', '-u', '-i', 'sh', '-c', enter, 'sh', root, command]
  const { status, stderr } = spawnSync('unshare', args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  expect(status, stderr).toBe(0)
}

const APPLIED = /"msg":"apply ended"/
const APPLIED_BEFORE = /was applied before/

describe.skipIf(!canBuildTrees() || !hasProgram('unshare'))(
  'a script in user-data, with the cloud-init of Debian',
  () => {
    const contextOf = (first: string, guard = '') => `${first}\n${guard}echo run >> /root/runs\nexit 0\n${HOSTNAME}`

    test('is run by the agent alone when that comes first, and by nobody at the next boot', async () => {
      using machine = await cloudTree(contextOf('#!/bin/sh.before'))
      machine.beginBoot()
      await machine.runAgent(APPLIED)
      expect(machine.runs()).toBe('run\n')
      // The power fails before cloud-init has come to its scripts; at the next boot it would have its turn.
      machine.beginBoot()
      await machine.runAgent(APPLIED_BEFORE)
      machine.endBoot()
      expect(machine.runs()).toBe('run\n')
      expect(readFileSync(join(machine.root, 'etc/hostname'), 'utf8')).toBe('from-user-data\n')
    })

    test('is run by cloud-init alone when that comes first, and the agent does the rest', async () => {
      using machine = await cloudTree(contextOf('#!/bin/sh.before'))
      machine.beginBoot()
      machine.endBoot()
      expect(machine.runs()).toBe('run\n')
      await machine.runAgent(APPLIED)
      expect(machine.runs()).toBe('run\n')
      expect(readFileSync(join(machine.root, 'etc/hostname'), 'utf8')).toBe('from-user-data\n')
    })

    test('that looks who runs it is run once, whoever comes first', async () => {
      using machine = await cloudTree(contextOf('#!/bin/sh', GUARD))
      machine.beginBoot()
      machine.endBoot()
      await machine.runAgent(APPLIED)
      expect(machine.runs()).toBe('run\n')
    })

    test('of a message is run by whom its part is for, and by nobody again when the agent has become a part of the image', async () => {
      const part = (type: string, body: string) => `--b\nContent-Type: ${type}\n\n${body}\n`
      const context = part('text/amiconfig-user-data', contextOf('#!/bin/sh').replace('echo run', 'echo agent'))
      const script = part('text/x-shellscript', '#!/bin/sh\necho cloud-init >> /root/runs\n')
      const message = `Content-Type: multipart/mixed; boundary="b"\nMIME-Version: 1.0\n\n${script}${context}--b--\n`
      using machine = await cloudTree(message, { isStock: true })
      machine.beginBoot()
      await machine.runAgent(APPLIED)
      machine.endBoot()
      expect(machine.runs()).toBe('agent\ncloud-init\n')
      // From now on the part handler is there, and the context comes another way.
      machine.beginBoot()
      expect(readFileSync(join(machine.root, 'run/muster/user-data/part-001'), 'utf8')).toContain('[hostname]')
      await machine.runAgent(APPLIED_BEFORE)
      machine.endBoot()
      expect(machine.runs()).toBe('agent\ncloud-init\n')
    })
  },
)

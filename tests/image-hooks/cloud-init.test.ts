import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canBuildTrees, hasProgram } from '../capabilities.ts'
import { runMuster } from '../program.ts'
import { copyTree } from '../trees/debian-tree.ts'
import { WITH_CLOUD_INIT } from '../trees/recipe.ts'

/** Far more than it takes on a quiet machine. */
const SLOW_MS = 300_000

/** All bytes that a part may have: letters of other alphabets, carriage returns, and bytes that are no text at all. */
const STRANGE = Buffer.concat([Buffer.from('[cernvm]\r\n# Zürich \\ "x"\n'), Buffer.from([0xff, 0x00, 0xc3, 0x28])])
const CONTEXT = '[cernvm]\norganisations=ALICE\n'

/** Both calls of a boot that read user-data; then what is in /run is put where it can be looked at. */
const BOOT = 'cloud-init init --local && cloud-init init; code=$?; cp -a /run/muster /kept 2>/dev/null; exit $code'

/** Boots cloud-init, as far as user-data goes, in a tree with the agent. @returns the folder of parts */
async function boot(root: string, userData: string, vendorData?: string): Promise<string> {
  const seed = join(root, 'var/lib/cloud/seed/nocloud')
  mkdirSync(seed, { recursive: true })
  writeFileSync(join(seed, 'meta-data'), 'instance-id: i-1\n')
  writeFileSync(join(seed, 'user-data'), userData)
  if (vendorData !== undefined) writeFileSync(join(seed, 'vendor-data'), vendorData)
  writeFileSync(
    join(root, 'etc/cloud/cloud.cfg.d/99_test.cfg'),
    'datasource_list: [NoCloud, None]\nnetwork: {config: disabled}\ncloud_init_modules: []\n',
  )
  rmSync(join(root, 'kept'), { recursive: true, force: true })
  const enter = 'mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/run" && exec chroot "$1" sh -c "$2"'
  const args = ['-m', '-n', '-u', '-i', 'sh', '-c', enter, 'sh', root, BOOT]
  const { status, stderr } = spawnSync('unshare', args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  expect(status, stderr).toBe(0)
  return join(root, 'kept/user-data')
}

async function treeWithAgent() {
  const tree = await copyTree(WITH_CLOUD_INIT)
  const agent = join(tree.root, '../agent')
  writeFileSync(agent, '#!/bin/sh\n')
  const { code, stderr } = await runMuster('muster-agent', ['install', '--root', tree.root, '--agent', agent])
  expect(code, stderr).toBe(0)
  return tree
}

function mixed(parts: readonly (readonly [headers: string, body: string])[]): string {
  const written = parts.map(([headers, body]) => `--part\n${headers}\n\n${body}\n`).join('')
  return `Content-Type: multipart/mixed; boundary="part"\nMIME-Version: 1.0\n\n${written}--part--\n`
}

describe.skipIf(!canBuildTrees() || !hasProgram('unshare'))(
  'the part handler in the cloud-init of Debian',
  { timeout: SLOW_MS },
  () => {
    test('hands over the contexts of the user-data byte for byte, in order, for root alone', async () => {
      using tree = await treeWithAgent()
      const userData = mixed([
        ['Content-Type: text/cloud-config', '#cloud-config\nfinal_message: hello\n'],
        ['Content-Type: text/x-amiconfig', CONTEXT],
        ['Content-Type: text/amiconfig-user-data\nContent-Transfer-Encoding: base64', STRANGE.toString('base64')],
      ])
      const parts = await boot(tree.root, userData)
      expect(readdirSync(parts).sort()).toEqual(['complete', 'part-001', 'part-002'])
      expect(readFileSync(join(parts, 'part-001'), 'utf8').trimEnd()).toBe(CONTEXT.trimEnd())
      expect(readFileSync(join(parts, 'part-002'))).toEqual(STRANGE)
      expect(lstatSync(parts).mode & 0o777).toBe(0o700)
      for (const name of readdirSync(parts)) expect(lstatSync(join(parts, name)).mode & 0o777, name).toBe(0o600)
      expect(readFileSync(join(tree.root, 'var/lib/cloud/instances/i-1/cloud-config.txt'), 'utf8')).toContain('hello')

      // The second start of the same instance: /run was empty, and the parts are there again.
      expect(readdirSync(await boot(tree.root, userData)).sort()).toEqual(['complete', 'part-001', 'part-002'])
    })

    test('is quiet without such a part, and takes one of the vendor only when the owner has none', async () => {
      using tree = await treeWithAgent()
      expect(existsSync(await boot(tree.root, '#cloud-config\n{}\n'))).toBe(false)
      // cloud-init keeps the user-data of an instance that it knows.
      for (const name of ['data', 'instance', 'instances', 'sem']) {
        rmSync(join(tree.root, 'var/lib/cloud', name), { recursive: true, force: true })
      }
      const vendor = mixed([['Content-Type: text/x-amiconfig', 'vendor']])
      const parts = await boot(tree.root, mixed([['Content-Type: text/x-amiconfig', CONTEXT]]), vendor)
      expect(readFileSync(join(parts, 'part-001'), 'utf8').trimEnd()).toBe(CONTEXT.trimEnd())
      expect(readdirSync(parts).sort()).toEqual(['complete', 'part-001'])
    })

    test('comes back at the next start when cloud-init clean has removed it', async () => {
      using tree = await treeWithAgent()
      rmSync(join(tree.root, 'var/lib/cloud/handlers'), { recursive: true })
      const { status, stderr } = spawnSync('systemd-tmpfiles', ['--create', `--root=${tree.root}`], {
        encoding: 'utf8',
      })
      expect(stderr).not.toContain('muster')
      expect([0, 65, 73]).toContain(status)
      expect(readFileSync(join(tree.root, 'var/lib/cloud/handlers/muster_part_handler.py'), 'utf8')).toContain(
        'amiconfig',
      )
    })
  },
)

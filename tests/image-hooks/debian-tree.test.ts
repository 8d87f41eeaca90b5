import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canBuildTrees, hasProgram } from '../capabilities.ts'
import { runMuster } from '../program.ts'
import { copyTree, type TreeCopy } from '../trees/debian-tree.ts'
import { compareManifests, readManifest } from '../trees/manifest.ts'
import { WITH_CLOUD_INIT } from '../trees/recipe.ts'

/** Far more than it takes on a quiet machine. */
const SLOW_MS = 300_000

/**
 * Highest exposure that `systemd-analyze security` may find, times ten. The agent does what the root of a machine does,
 * on behalf of contexts: a unit without any protection has 96. The others write a few lines.
 */
const MAX_EXPOSURE = {
  'muster-agent.service': 88,
  'muster-console.service': 11,
  'muster-starting.service': 19,
} as const

function analyze(verb: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['--no-pager', verb, ...args], { encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

describe.skipIf(!canBuildTrees() || !hasProgram('systemd-analyze'))(
  'in a Debian tree with cloud-init',
  { timeout: SLOW_MS },
  () => {
    let tree: TreeCopy
    let folder = ''
    const agent = () => join(folder, 'agent')
    const run = (...args: readonly string[]) => runMuster('muster-agent', [...args, '--root', tree.root])

    beforeAll(async () => {
      tree = await copyTree(WITH_CLOUD_INIT)
      folder = mkdtempSync(join(tmpdir(), 'muster-agent-'))
      writeFileSync(agent(), '#!/bin/sh\n')
      chmodSync(agent(), 0o755)
    })
    afterAll(() => {
      tree?.remove()
      rmSync(folder, { recursive: true, force: true })
    })

    test('install, verify and uninstall: a second install changes nothing, and nothing is left behind', async () => {
      const before = readManifest(tree.root, [])
      const first = await run('install', '--agent', agent(), '--coordinator', 'https://muster.example.org')
      expect(first).toMatchObject({ code: 0, stderr: '' })
      const installed = readManifest(tree.root, [])
      expect((await run('install', '--agent', agent())).stdout).toMatch(/nothing to change\.\n$/)
      expect(compareManifests(installed, readManifest(tree.root, []))).toEqual([])
      expect(await run('verify', '--image')).toMatchObject({ code: 0 })
      expect(JSON.parse((await run('manifest', '--json')).stdout)).toMatchObject({ format: 1, isComplete: true })

      writeFileSync(join(tree.root, 'usr/lib/systemd/system/muster-agent.service'), 'broken')
      expect(await run('verify')).toMatchObject({ code: 2, stdout: expect.stringContaining('changed') })
      expect(await run('install', '--agent', agent())).toMatchObject({ code: 0 })
      expect(await run('uninstall')).toMatchObject({ code: 0 })
      expect(compareManifests(before, readManifest(tree.root, []))).toEqual([])
      expect(await run('verify')).toMatchObject({ code: 65, stderr: expect.stringContaining('muster-agent install') })
    })

    test('the units are understood by its systemd, wait for each other in no circle, and are as closed as can be', async () => {
      await run('install', '--agent', agent(), '--console', 'full-screen')
      const units = Object.keys(MAX_EXPOSURE)
      expect(analyze('verify', `--root=${tree.root}`, ...units)).toEqual({ status: 0, said: '' })
      // All that starts with the machine, cloud-init included.
      const whole = analyze('verify', `--root=${tree.root}`, 'default.target', 'cloud-init.target')
      expect(whole.said).not.toMatch(/cycle|muster/i)
      for (const [unit, limit] of Object.entries(MAX_EXPOSURE)) {
        const judged = analyze('security', '--offline=yes', `--root=${tree.root}`, `--threshold=${limit}`, unit)
        expect(judged.status, judged.said).toBe(0)
      }
      await run('uninstall')
    })

    test('a unit that waits in a circle would be found', async () => {
      await run('install', '--agent', agent())
      const unit = join(tree.root, 'usr/lib/systemd/system/muster-agent.service.d')
      spawnSync('mkdir', ['-p', unit])
      writeFileSync(join(unit, 'circle.conf'), '[Unit]\nAfter=cloud-final.service\n')
      expect(analyze('verify', `--root=${tree.root}`, 'default.target', 'cloud-init.target').said).toMatch(/cycle/i)
      rmSync(unit, { recursive: true })
      await run('uninstall')
    })
  },
)

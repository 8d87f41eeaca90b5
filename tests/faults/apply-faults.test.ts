import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { canBuildTrees, hasRoot } from '../capabilities.ts'
import { runMuster, startMuster } from '../program.ts'
import { copyTree } from '../trees/debian-tree.ts'
import { compareManifests, readManifest } from '../trees/manifest.ts'
import { until } from '../until.ts'
import { makeSmallTree } from './small-tree.ts'

/** Programs start one after the other, on machines that may be busy. */
vi.setConfig({ testTimeout: 180_000 })

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-faults-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const GOOD = '[amiconfig]\nplugins=cernvm\n[cernvm]\nusers=ann:ann:secret-word\nrepositories=sft\n'

describe('a context that is no context', () => {
  const MIB = 1024 * 1024
  test.each<[string, string | Uint8Array, RegExp]>([
    ['is above the limit', `# ${'x'.repeat(70)}\n`.repeat(20_000), /large|limit|above/i],
    ['is a bomb in gzip', gzipSync(Buffer.alloc(200 * MIB)), /large|limit|above|text/i],
    ['is cut gzip', gzipSync(GOOD).subarray(0, 40), /gzip|text|damaged|cut/i],
    ['is binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1, 2, 0xff, 0xfe]), /text|UTF-8/i],
    ['is in another charset', Buffer.from('[cernvm]\nedition=Gr\xfcn\n', 'latin1'), /text|UTF-8/i],
    ['has users that cannot be read', '[cernvm]\nusers=onlyname\n', /users|:2:/],
  ])('that %s is refused with exit code 65, and nothing is changed', async (_name, content, reason) => {
    using tree = makeSmallTree()
    const before = readManifest(tree.root)
    const { code, stderr, stdout } = await runMuster('muster-agent', [
      'apply',
      write('a.context', content),
      '--root',
      tree.root,
    ])
    expect(code, stderr + stdout).toBe(65)
    expect(stderr).toMatch(reason)
    expect(compareManifests(before, readManifest(tree.root))).toEqual([])
  })

  test('a file that is not there is said so', async () => {
    using tree = makeSmallTree()
    const ended = await runMuster('muster-agent', ['apply', join(folder, 'nothing.context'), '--root', tree.root])
    expect(ended.code).not.toBe(0)
    expect(ended.stderr).toContain('nothing.context')
  })
})

describe('a context that would write outside the root', () => {
  test.each([
    ['an absolute link', (outside: string) => outside],
    ['a link that climbs', () => `../../../../../../../../../..${join(tmpdir(), 'muster-climbed')}`],
  ])('through %s writes inside, or not at all', async (_name, target) => {
    using tree = makeSmallTree()
    const bait = join(tree.outside, 'bait')
    mkdirSync(bait)
    for (const link of ['etc/cernvm', 'etc/cvmfs']) symlinkSync(target(bait), join(tree.root, link))
    await runMuster('muster-agent', ['apply', write('a.context', GOOD), '--root', tree.root])
    expect(readdirSync(bait)).toEqual([])
    expect(existsSync(join(tmpdir(), 'muster-climbed'))).toBe(false)
  })

  test('through a name with .. is refused', async () => {
    using tree = makeSmallTree()
    const text = `[cernvm]\nextra_repositories=../../../../bait|server|QUJD\n`
    const own = ['/root/var', '/root/run']
    const before = readManifest(tree.outside, own)
    const { code } = await runMuster('muster-agent', ['apply', write('a.context', text), '--root', tree.root])
    expect(code).toBe(65)
    expect(compareManifests(before, readManifest(tree.outside, own))).toEqual([])
  })
})

describe.runIf(hasRoot())('a disk that is full', () => {
  test('ends the apply with a clear word, and the machine is as before', async () => {
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk], { encoding: 'utf8' })
    expect(mounted.status, mounted.stderr).toBe(0)
    try {
      const { root } = makeSmallTree(disk)
      const before = readManifest(root)
      const icon = Buffer.alloc(600_000, 'x').toString('base64')
      const context = write('a.context', `${GOOD}desktop_icons=Big,${icon}\n`)
      const { code, stderr, stdout } = await runMuster('muster-agent', ['apply', context, '--root', root])
      expect(code, stdout).toBe(1)
      expect(stderr + stdout).toMatch(/no space|disk/i)
      expect(compareManifests(before, readManifest(root))).toEqual([])
    } finally {
      spawnSync('umount', [disk])
    }
  })
})

describe.runIf(canBuildTrees())('two applies at once', () => {
  test('the second says who holds the lock, or waits, and the first is not disturbed', async () => {
    using tree = await copyTree()
    const lock = join(tree.root, 'var/lib/muster/apply.lock')
    const slow = write('slow.context', `#!/bin/sh\nsleep 2\nexit 0\n\n${GOOD}`)
    const first = startMuster('muster-agent', ['apply', slow, '--root', tree.root])
    try {
      await until('the first to hold the lock', () =>
        existsSync(lock) && readFileSync(lock, 'utf8').includes(String(first.pid)) ? true : undefined,
      )
      // Frozen, so that it cannot end before the second has tried, however slow this machine is.
      first.child.kill('SIGSTOP')
      const second = await runMuster('muster-agent', ['apply', write('b.context', GOOD), '--root', tree.root])
      expect(second.code, second.stderr).toBe(75)
      expect(second.stderr).toMatch(new RegExp(`\\b${first.pid}\\b`))
      const waiting = startMuster('muster-agent', ['apply', slow, '--root', tree.root, '--wait', '60'])
      await until('the third to say that it waits', () => (/waiting/i.test(waiting.stderr()) ? true : undefined))
      first.child.kill('SIGCONT')
      expect(await first.ended).toMatchObject({ code: 0 })
      expect(await waiting.ended).toMatchObject({ code: 0 })
    } finally {
      first.child.kill('SIGCONT')
      await first.stop()
    }
  })
})

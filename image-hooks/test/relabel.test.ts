import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { install } from '../src/install.ts'
import { PATHS } from '../src/layout.ts'
import { runProgram } from '../src/run-program.ts'
import { readShipped } from '../src/shipped-files.ts'
import { makeSmallTree, requestFor, type SmallTree } from './small-tree.ts'

/** Label of a file; empty without one. */
function labelOf(tree: SmallTree, path: string): string {
  const ask = 'import os, sys; print(os.getxattr(sys.argv[1], "security.selinux").decode().rstrip(chr(0)))'
  return spawnSync('python3', ['-c', ask, join(tree.root, path)], { encoding: 'utf8' }).stdout.trim()
}

const hasSetfiles = process.geteuid?.() === 0 && spawnSync('/usr/sbin/setfiles', ['-h']).error === undefined

describe('in a tree with SELinux', () => {
  test.skipIf(!hasSetfiles)(
    'setfiles of the build machine labels what was installed by the policy of the tree',
    async () => {
      using tree = makeSmallTree('el')
      const { labelling } = await install({ read: readShipped, run: runProgram }, requestFor(tree))
      expect(labelling).toBe('done')
      expect(labelOf(tree, PATHS.agent)).toBe('system_u:object_r:bin_t:s0')
      for (const path of [PATHS.unit, PATHS.home, PATHS.manifest, '/etc/issue.d', PATHS.config])
        expect(labelOf(tree, path), path).toBe('system_u:object_r:default_t:s0')
      expect(existsSync(join(tree.root, '.autorelabel'))).toBe(false)
      const again = await install({ read: readShipped, run: runProgram }, requestFor(tree))
      expect(again.labelling).toBe('not-needed')
    },
  )

  test('that is switched off nothing is labelled', async () => {
    using tree = makeSmallTree('el')
    tree.write('etc/selinux/config', 'SELINUX=disabled\nSELINUXTYPE=targeted\n')
    const { labelling } = await install({ read: readShipped, run: runProgram }, requestFor(tree))
    expect(labelling).toBe('not-needed')
    expect(existsSync(join(tree.root, '.autorelabel'))).toBe(false)
  })
})

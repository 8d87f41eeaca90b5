import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasProgram } from '../capabilities.ts'
import { PROJECT_ROOT } from '../program.ts'

const RECIPES = join(PROJECT_ROOT, 'image-hooks/recipes')
const SCRIPTS = ['install-into-tree.sh', 'cernvm/hook.sh', 'mkosi/mkosi.finalize', 'virt-customize/customize.sh']

describe('the recipes for image builders', () => {
  let folder = ''
  const tree = () => join(folder, 'tree')

  /** Runs a script of the recipes; the agent is that of this checkout with a stand-in for the executable. */
  function run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const path = `${join(folder, 'bin')}:${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`
    const options = { encoding: 'utf8', cwd: folder, env: { PATH: path, ...env } } as const
    const { status, stdout, stderr } = spawnSync(join(RECIPES, script), args, options)
    return { status, stdout, stderr }
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-recipes-'))
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    write('tree/usr/lib/os-release', 'PRETTY_NAME="Small Linux"\n')
    write('tree/etc/machine-id', '0123456789abcdef0123456789abcdef\n')
    write('executable', '#!/bin/sh\n')
    const agent = join(PROJECT_ROOT, 'bin/muster-agent')
    write(
      'bin/muster-agent',
      `#!/bin/sh\ncase $1 in install) exec '${agent}' "$@" --agent '${folder}/executable' ;; *) exec '${agent}' "$@" ;; esac\n`,
    )
    chmodSync(join(folder, 'bin/muster-agent'), 0o755)
    // Says what it would have been asked to do.
    write('bin/virt-customize', '#!/bin/sh\nprintf "%s\\n" "$@"\n')
    chmodSync(join(folder, 'bin/virt-customize'), 0o755)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.skipIf(!hasProgram('shellcheck'))('are clean for shellcheck, and can be executed', () => {
    const { status, stdout } = spawnSync('shellcheck', SCRIPTS, { cwd: RECIPES, encoding: 'utf8' })
    expect(status, stdout).toBe(0)
    for (const script of SCRIPTS) expect(statSync(join(RECIPES, script)).mode & 0o111, script).toBe(0o111)
    const files = join(PROJECT_ROOT, 'image-hooks/files')
    const shipped = spawnSync('shellcheck', ['muster-agent.sh', 'muster-environment.sh', 'muster-starting.sh'], {
      cwd: files,
      encoding: 'utf8',
    })
    expect(shipped.status, shipped.stdout).toBe(0)
  })

  test.each([
    ['install-into-tree.sh', (root: string) => ({ args: [root], env: {} })],
    ['cernvm/hook.sh', (root: string) => ({ args: [root], env: {} })],
  ])('%s leaves an image that verifies, without a machine-id', (script, callOf) => {
    const { args, env } = callOf(tree())
    const ended = run(script, args, { ...env, MUSTER_COORDINATOR: 'https://muster.example.org' })
    expect(ended, ended.stderr).toMatchObject({ status: 0, stdout: expect.stringContaining('as installed') })
    expect(readFileSync(join(tree(), 'etc/machine-id'), 'utf8')).toBe('')
    expect(readFileSync(join(tree(), 'etc/muster/agent.conf'), 'utf8')).toContain('\ncoordinator = https://muster')
  })

  test('a tree that does not verify ends the build', () => {
    mkdirSync(join(tree(), 'etc/muster'), { recursive: true })
    writeFileSync(join(tree(), 'etc/muster/join.conf'), '[muster]\n')
    expect(run('install-into-tree.sh', [tree()])).toMatchObject({ status: 2, stdout: expect.stringContaining('token') })
    rmSync(join(tree(), 'etc/muster/join.conf'))
    for (const script of ['install-into-tree.sh', 'cernvm/hook.sh', 'virt-customize/customize.sh'])
      expect(run(script, ['/nonexistent']), script).toMatchObject({
        status: 64,
        stderr: expect.stringContaining('usage'),
      })
  })

  test('virt-customize is asked to install, to leave no identity, and to check', () => {
    const asked = run('virt-customize/customize.sh', ['executable', 'executable', 'https://muster.example.org'])
    expect(asked.stdout).toContain('install --coordinator https://muster.example.org --reset')
    expect(asked.stdout).toContain('muster-agent verify --image')
    expect(run('virt-customize/customize.sh', ['executable', 'executable', 'https://a; reboot'])).toMatchObject({
      status: 64,
    })
  })
})

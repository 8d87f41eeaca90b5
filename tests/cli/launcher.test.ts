import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PROJECT_ROOT, startProgram } from '../program.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-launcher-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Writes a program into the folder. */
function program(name: string, script: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, script)
  chmodSync(path, 0o755)
  return path
}

/** A checkout with the launcher alone. */
function bareCheckout(): string {
  mkdirSync(join(folder, 'bin'))
  copyFileSync(join(PROJECT_ROOT, 'bin', 'muster'), join(folder, 'bin', 'muster'))
  return join(folder, 'bin', 'muster')
}

/** Runs a launcher with nothing on its path but the system's tools and `programs`. */
function run(launcher: string, programs: string) {
  const shell = `PATH='${programs}:${join(folder, 'tools')}' exec '${launcher}' --version`
  mkdirSync(join(folder, 'tools'), { recursive: true })
  for (const tool of ['sh', 'uname', 'dirname', 'readlink']) {
    symlinkSync(`/usr/bin/${tool}`, join(folder, 'tools', tool))
  }
  return startProgram('/bin/sh', ['-c', shell]).ended
}

describe('bin/muster', () => {
  test('says what to do when there is no node', async () => {
    const ended = await run(bareCheckout(), '/nonexistent')
    expect(ended).toMatchObject({ code: 78, stdout: '' })
    expect(ended.stderr).toBe(`muster: Node 24 or newer is needed. Run "npm install" in ${folder}, which brings it.\n`)
  })

  test('does not use a node that is too old', async () => {
    program('old/node', '#!/bin/sh\nexit 1\n')
    expect(await run(bareCheckout(), join(folder, 'old'))).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('Node 24'),
    })
  })

  test('says that packages are missing', async () => {
    program('new/node', '#!/bin/sh\nexit 0\n')
    expect(await run(bareCheckout(), join(folder, 'new'))).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('packages are missing'),
    })
  })

  test('prefers the node that npm brought, and runs from any folder through a link', async () => {
    const link = join(folder, 'muster')
    symlinkSync(join(PROJECT_ROOT, 'bin', 'muster'), link)
    expect(await startProgram(link, ['--version'], { cwd: folder }).ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  })
})

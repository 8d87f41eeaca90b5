import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const main = join(import.meta.dirname, '../../src/release/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'muster-release-test-'))
const dist = join(folder, 'dist')
const keys = join(folder, 'release.keys')
const agent = join(folder, 'muster-agent')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeAll(() => {
  writeFileSync(keys, `# the publisher\n${release('keygen', '--out', 'release.pem').stdout}`)
})

function release(...args: readonly string[]) {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder })
}

function publishVersion(version: string, ...args: readonly string[]) {
  writeFileSync(agent, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 })
  return release('publish', '--key', 'release.pem', '--dist', 'dist', ...args, 'muster-agent')
}

const verify = (...args: readonly string[]) => release('verify', '--keys', keys, '--dist', 'dist', ...args)

test('a key is made for its owner alone, is told once in public, and never written over', () => {
  expect(statSync(join(folder, 'release.pem')).mode & 0o777).toBe(0o600)
  expect(readFileSync(keys, 'utf8')).toMatch(/^# the publisher\n[\w-]{43}\n$/)
  const again = release('keygen', '--out', 'release.pem')
  expect(again.status).toBe(65)
  expect(again.stderr).toContain('error[exists]')
})

test('a published program is offered by its channel, and a machine that pins the key takes it', () => {
  const published = publishVersion('1.0.0+0123abc')
  expect(published.stderr).toBe('')
  expect(published.stdout).toContain('channel stable offers 1.0.0+0123abc')
  const [sum = ''] = readdirSync(join(dist, 'sha256'))
  expect(readFileSync(join(dist, 'sha256', sum), 'utf8')).toContain('echo 1.0.0+0123abc')
  expect(verify()).toMatchObject({ status: 0, stderr: '' })
})

test('a channel takes later versions only; each channel goes its own way', () => {
  expect(publishVersion('1.1.0+0123abd').status).toBe(0)
  const older = publishVersion('1.0.9+0123abe')
  expect(older.status).toBe(65)
  expect(older.stderr).toContain('error[older]')
  expect(publishVersion('1.0.9+0123abe', '--channel', 'old-stable').status).toBe(0)
  const found = verify()
  expect(found.stdout).toContain('channel stable offers 1.1.0+0123abd')
  expect(found.stdout).toContain('channel old-stable offers 1.0.9+0123abe')
})

test('another key, a cut file and a missing one are found', () => {
  writeFileSync(join(folder, 'other.keys'), release('keygen', '--out', 'other.pem').stdout)
  const strange = release('verify', '--keys', 'other.keys', '--dist', 'dist')
  expect(strange.status).toBe(1)
  expect(strange.stderr).toContain('not signed by a key that is pinned here')
  const [first = '', second = ''] = readdirSync(join(dist, 'sha256'))
  appendFileSync(join(dist, 'sha256', first), 'more')
  rmSync(join(dist, 'sha256', second))
  const damaged = verify()
  expect(damaged.status).toBe(1)
  expect(damaged.stderr).toContain(`sha256/${first} is missing or another`)
  expect(damaged.stderr).toContain(`sha256/${second} is missing or another`)
})

test.each([
  [['publish', '--key', 'release.pem', 'nowhere'], 65, 'error[bad-file]'],
  [['publish', '--key', 'release.keys', 'muster-agent'], 65, 'error[bad-key]'],
  [['publish', '--key', 'release.pem', '--channel', '../x', 'muster-agent'], 64, 'small letters'],
  [['publish', '--key', 'release.pem'], 64, 'no program is given'],
  [['keygen'], 64, '--out is missing'],
  [['sign'], 64, 'sign is no command'],
  [['keygen', '--size', '1'], 64, 'error[usage]'],
])('%j is refused and says what to do', (args, status, words) => {
  const ended = release(...args)
  expect(ended.status).toBe(status)
  expect(ended.stderr).toContain(words)
  expect(ended.stderr).toContain('next: ')
})

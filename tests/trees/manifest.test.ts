import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hasRoot } from '../capabilities.ts'
import { compareManifests, readManifest } from './manifest.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-manifest-'))
  mkdirSync(join(root, 'etc'))
  writeFileSync(join(root, 'etc/file'), 'one')
  symlinkSync('file', join(root, 'etc/link'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

describe('two manifests of a tree', () => {
  test.each<[string, () => void, string]>([
    ['another content of the same size', () => writeFileSync(join(root, 'etc/file'), 'two'), '~ /etc/file'],
    ['another mode', () => chmodSync(join(root, 'etc/file'), 0o600), '~ /etc/file'],
    ['the set-user-id bit', () => chmodSync(join(root, 'etc/file'), 0o4644), '~ /etc/file'],
    ['another mode of a folder', () => chmodSync(join(root, 'etc'), 0o700), '~ /etc'],
    [
      'another target of a link',
      () => {
        unlinkSync(join(root, 'etc/link'))
        symlinkSync('other', join(root, 'etc/link'))
      },
      '~ /etc/link',
    ],
    ['a new file', () => writeFileSync(join(root, 'etc/new'), ''), '+ /etc/new'],
    ['a new empty folder', () => mkdirSync(join(root, 'var')), '+ /var'],
    ['a file that is gone', () => unlinkSync(join(root, 'etc/file')), '- /etc/file'],
  ])('differ by %s', (_name, change, line) => {
    const before = readManifest(root)
    change()
    const lines = compareManifests(before, readManifest(root))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain(line)
  })

  test.runIf(hasRoot())('differ by another owner', () => {
    const before = readManifest(root)
    chownSync(join(root, 'etc/file'), 12, 34)
    expect(compareManifests(before, readManifest(root))[0]).toContain('12:34')
  })

  test('are equal when only a time or something left out has changed', () => {
    const before = readManifest(root, ['/var'])
    utimesSync(join(root, 'etc/file'), 1, 1)
    mkdirSync(join(root, 'var'))
    writeFileSync(join(root, 'var/state'), 'x')
    expect(compareManifests(before, readManifest(root, ['/var']))).toEqual([])
  })
})

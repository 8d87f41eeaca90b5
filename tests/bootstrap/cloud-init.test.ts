import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UNIT_FILE, WANTED_FILE } from '@muster/contexts/bootstrap/layout.ts'
import { compressUserData, renderUserData, type UserDataInput } from '@muster/contexts/bootstrap/user-data.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { canBuildTrees } from '../capabilities.ts'
import { copyTree, type TreeCopy } from '../trees/debian-tree.ts'
import { WITH_CLOUD_INIT } from '../trees/recipe.ts'

const INPUT: UserDataInput = {
  coordinatorUrl: 'https://muster.example.org',
  release: {
    version: '0.3.0+abcdef0',
    commit: 'abcdef0',
    publishedAt: '2026-11-22T12:00:00Z',
    channel: 'stable',
    files: [{ name: 'muster-agent', os: 'linux', arch: 'x64', bytes: 115_000_000, sha256: 'a'.repeat(64) }],
  },
  releaseKeys: ['A'.repeat(43)],
  format: 'cloud-config',
}
const CONTEXT = '#!/bin/sh.after\r\necho "für alle"\r\nexit 0\r\n\r\n[cernvm]\r\nusers=a:b:c\r\n'

/** Says as JSON which parts cloud-init sees in a file, as its handlers get them. */
const READ_PARTS = `
import json, sys
from cloudinit import helpers, user_data, util
message = user_data.UserDataProcessor(helpers.Paths({})).process(open(sys.argv[1], "rb").read())
parts = [p for p in message.walk() if not p.is_multipart()]
print(json.dumps([[p.get_content_type(), util.fully_decoded_payload(p)] for p in parts]))
`

describe.runIf(canBuildTrees())('the cloud-init of Debian', () => {
  let tree: TreeCopy
  beforeAll(async () => {
    tree = await copyTree(WITH_CLOUD_INIT)
  })
  afterAll(() => tree.remove())

  function inTree(file: string, content: string | Uint8Array, ...command: readonly string[]) {
    mkdirSync(dirname(join(tree.root, file)), { recursive: true })
    writeFileSync(join(tree.root, file), content)
    return spawnSync('chroot', [tree.root, ...command], { encoding: 'utf8' })
  }

  test('finds the cloud-config valid', () => {
    const { text } = renderUserData(INPUT)
    const { status, stdout, stderr } = inTree('/tmp/user-data', text, 'cloud-init', 'schema', '-c', '/tmp/user-data')
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('Valid cloud-config')])
  })

  test.each(['plain', 'gzip'])('sees the parts of a message as they were put in, %s', async (form) => {
    const { text } = renderUserData({ ...INPUT, context: CONTEXT })
    const bytes = form === 'gzip' ? await compressUserData(text) : text
    const { stdout, stderr } = inTree('/tmp/user-data', bytes, 'python3', '-c', READ_PARTS, '/tmp/user-data')
    expect(stderr).toBe('')
    const parts: [string, string][] = JSON.parse(stdout)
    expect(parts.map(([type]) => type)).toEqual(['text/cloud-config', 'text/amiconfig-user-data'])
    expect(parts[1]?.[1]).toBe(CONTEXT)
    expect(parts[0]?.[1]).toMatch(/^#cloud-config\n(?:.*\n)*runcmd:\n/)
  })

  test('and its systemd take the unit, which every boot wants', () => {
    const { write_files: files }: { write_files: { path: string; content: string }[] } = parse(
      renderUserData(INPUT).text,
    )
    for (const { path, content } of files) {
      mkdirSync(dirname(join(tree.root, path)), { recursive: true })
      writeFileSync(join(tree.root, path), content)
    }
    const verify = spawnSync('chroot', [tree.root, 'systemd-analyze', 'verify', '--man=no', UNIT_FILE], {
      encoding: 'utf8',
    })
    expect([verify.status, verify.stderr]).toEqual([0, ''])
    expect(readFileSync(join(tree.root, WANTED_FILE), 'utf8')).toBe('[Unit]\nWants=muster-bootstrap.service\n')
  })
})

import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { joinFilePath, readJoinFile } from '../../src/mesh/join-file.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-join-file-'))
})

afterEach(async () => {
  await rm(root, { recursive: true })
})

describe('the join file', () => {
  test('that other users may read is taken from them before anything in it is used', async () => {
    const path = await joinFilePath(root)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, '[muster]\ncluster = none\n')
    await chmod(path, 0o644)
    expect((await readJoinFile(root)).kind).toBe('bad')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  test('may be missing', async () => {
    expect(await readJoinFile(root)).toEqual({ kind: 'absent' })
  })
})

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { clearTemporaryFiles, createFile, removeFile, replaceFile } from '../src/durable-file.ts'

const base = mkdtempSync(join(tmpdir(), 'muster-durable-'))
afterAll(() => rmSync(base, { recursive: true }))

describe('files that outlive a crash', () => {
  test('are replaced whole, for their owner only, in a directory that is made', async () => {
    const path = join(base, 'made', 'file')
    await replaceFile(path, 'one')
    await replaceFile(path, Uint8Array.of(0x32))
    expect(readFileSync(path, 'utf8')).toBe('2')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(base, 'made')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(base, 'made'))).toEqual(['file'])
  })

  test('are created by one of many, and the others leave nothing behind', async () => {
    const directory = join(base, 'raced')
    const path = join(directory, 'file')
    const texts = Array.from({ length: 8 }, (_, index) => `text ${index}`)
    const ends = await Promise.allSettled(texts.map((text) => createFile(path, text)))
    const winners = texts.filter((_, index) => ends[index]?.status === 'fulfilled')
    expect(winners).toEqual([readFileSync(path, 'utf8')])
    expect(ends.filter((end) => end.status === 'rejected').map((end) => end.reason.code)).toEqual(
      Array.from({ length: 7 }, () => 'EEXIST'),
    )
    expect(readdirSync(directory)).toEqual(['file'])
  })

  test('are removed, also when they or their directory are missing', async () => {
    const path = join(base, 'gone', 'file')
    await removeFile(path)
    await replaceFile(path, 'x')
    await removeFile(path)
    await removeFile(path)
    expect(readdirSync(join(base, 'gone'))).toEqual([])
  })

  test('leave halves behind in a crash, which are cleared, and nothing else is', async () => {
    const directory = join(base, 'halves')
    await replaceFile(join(directory, 'file'), 'x')
    writeFileSync(join(directory, '.0b2f3a52-5c0a-4b1e-9c9e-7a1f5f3c2d10.new'), 'half')
    writeFileSync(join(directory, '.mine.new'), '')
    await clearTemporaryFiles(directory)
    expect(readdirSync(directory).sort()).toEqual(['.mine.new', 'file'])
  })
})

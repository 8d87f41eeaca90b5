import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cachedEntry, cacheFolder, takeEntry } from './machine-cache.ts'

/** Long enough ago that nobody can use an entry any more. */
const LONG_AGO = 1_000_000_000

let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'muster-machine-cache-'))
})
afterEach(() => rmSync(cache, { recursive: true, force: true }))

const nameOf = (digest: string, kind = 'tree') => ({ kind, digest })
const make = (digest: string, kind?: string) =>
  cachedEntry(cache, nameOf(digest, kind), async (draft) => writeFileSync(join(draft, 'text'), digest))

test('an entry is made once, and found by all who know what it is made of', async () => {
  expect(takeEntry(cache, nameOf('one'))).toBeUndefined()
  const path = await make('one')
  expect(readFileSync(join(path, 'text'), 'utf8')).toBe('one')
  const refuse = () => Promise.reject(new Error('made again'))
  expect(await cachedEntry(cache, nameOf('one'), refuse)).toBe(path)
  expect(takeEntry(cache, nameOf('one'))).toBe(path)
  expect(takeEntry(cache, nameOf('two'))).toBeUndefined()
})

test('one that could not be made leaves nothing, and what a killed builder has left goes with the next one', async () => {
  const fail = (draft: string) => {
    writeFileSync(join(draft, 'half'), '')
    return Promise.reject(new Error('no room'))
  }
  await expect(cachedEntry(cache, nameOf('one'), fail)).rejects.toThrow('no room')
  expect(readdirSync(cache)).toEqual([])
  mkdirSync(join(cache, 'draft-tree-killed'))
  await make('one')
  expect(readdirSync(cache)).toEqual(['tree-one'])
})

test('the entries of a kind that were used last are kept, and any that may be in use', async () => {
  const old: string[] = []
  for (const digest of ['a', 'b', 'c', 'd']) old.push(await make(digest))
  await make('e')
  expect(old.every((path) => existsSync(path))).toBe(true)
  await make('other', 'disk')
  for (const [place, path] of old.entries()) utimesSync(path, LONG_AGO + place, LONG_AGO + place)
  // Used again: not of long ago any more.
  takeEntry(cache, nameOf('a'))
  await make('f')
  expect(readdirSync(cache).sort()).toEqual(['disk-other', 'tree-a', 'tree-d', 'tree-e', 'tree-f'])
})

test('the cache is where the environment says, and else in the home folder', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/cache' }, 'trees')).toBe('/cache/muster/trees')
  expect(cacheFolder({ XDG_CACHE_HOME: '' }, 'images')).toMatch(/\/\.cache\/muster\/images$/)
})

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobIdOf } from '@muster/mesh/blobs/blob-id.ts'
import { openBlobStore } from '@muster/mesh/blobs/disk-store.ts'
import type { BlobStore, BlobWriter } from '@muster/mesh/blobs/store.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'

const KIB = 1024
const folders: string[] = []
const clock = createVirtualClock()

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muster-blobs-'))
  folders.push(folder)
  return join(folder, 'blobs')
}

function openIn(folder: string, maxBytes = 1024 * KIB, maxBlobBytes = 256 * KIB): Promise<BlobStore> {
  return openBlobStore(folder, { clock, maxBytes, maxBlobBytes })
}

function contentOf(seed: number, length = 10 * KIB): Uint8Array<ArrayBuffer> {
  return createSeededRandom(seed).bytes(length)
}

/** What is read of a blob; undefined when the store does not have it. */
async function readAll(store: BlobStore, id: string): Promise<Uint8Array | undefined> {
  const reader = await store.open(id)
  try {
    return await reader?.bytes()
  } finally {
    await reader?.close()
  }
}

test('a blob is kept under its hash in a folder and a file of its owner alone, also after the next start', async () => {
  const folder = freshFolder()
  const store = await openIn(folder)
  const content = contentOf(1)
  const id = await store.put(content)
  expect(id).toBe(blobIdOf(content))
  expect(readdirSync(folder)).toEqual([id])
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, id)).mode & 0o777).toBe(0o600)
  expect(await readAll(await openIn(folder), id)).toEqual(content)
})

test('a folder that others could read is closed to them', async () => {
  const folder = freshFolder()
  mkdirSync(folder, { mode: 0o755 })
  chmodSync(folder, 0o755)
  await openIn(folder)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
})

test('nobody sees a blob before its hash is right, and of a wrong one nothing stays', async () => {
  const folder = freshFolder()
  const store = await openIn(folder)
  const content = contentOf(2)
  const id = blobIdOf(content)
  const writer = await store.begin(id)
  await writer.write(content.subarray(0, 5_000))
  expect(store.has(id)).toBe(false)
  expect(await store.open(id)).toBeUndefined()
  await writer.write(contentOf(3, 5_240))
  expect(await writer.finish()).toBe(false)
  expect(store.has(id)).toBe(false)
  await writer.restart()
  await writer.write(content)
  expect(await writer.finish()).toBe(true)
  expect(await readAll(store, id)).toEqual(content)
  await writer.abandon()
  expect(readdirSync(folder)).toEqual([id])
})

test('an abandoned blob leaves no file and gives back its room', async () => {
  const folder = freshFolder()
  const store = await openIn(folder)
  const writer = await store.begin(blobIdOf(contentOf(4)))
  await writer.write(contentOf(4))
  expect(store.usage().bytes).toBeGreaterThan(0)
  await writer.abandon()
  expect(readdirSync(folder)).toEqual([])
  expect(store.usage().bytes).toBe(0)
  await expect(writer.write(contentOf(4))).rejects.toMatchObject({ code: 'storage-failed' })
})

test('above the bound the blob goes that was not used for longest; a pinned one stays', async () => {
  const store = await openIn(freshFolder(), 48 * KIB)
  const ids: string[] = []
  for (const seed of [1, 2, 3, 4]) ids.push(await store.put(contentOf(seed, 12 * KIB)))
  await readAll(store, ids[0] ?? '')
  const unpin = store.pin(ids[1] ?? '')
  ids.push(await store.put(contentOf(5, 12 * KIB)))
  expect(ids.map((id) => store.has(id))).toEqual([true, true, false, true, true])
  unpin()
  ids.push(await store.put(contentOf(6, 12 * KIB)))
  expect(ids.map((id) => store.has(id))).toEqual([true, false, false, true, true, true])
  expect(store.usage()).toMatchObject({ blobs: 4, evicted: 2, bytes: 48 * KIB, pinnedBytes: 0 })
})

test('the order of use outlives a restart', async () => {
  const folder = freshFolder()
  const store = await openIn(folder, 48 * KIB)
  const ids: string[] = []
  for (const seed of [1, 2, 3]) {
    ids.push(await store.put(contentOf(seed, 12 * KIB)))
    await clock.advance(1_000)
  }
  await clock.advance(120_000)
  await readAll(store, ids[0] ?? '')
  const again = await openIn(folder, 36 * KIB)
  await again.put(contentOf(4, 12 * KIB))
  expect(ids.map((id) => again.has(id))).toEqual([true, false, true])
})

test('when all is pinned a further blob is refused with a typed error, and nothing is lost', async () => {
  const store = await openIn(freshFolder(), 24 * KIB)
  const first = await store.put(contentOf(1, 12 * KIB))
  const second = await store.put(contentOf(2, 12 * KIB))
  store.pin(first)
  store.pin(second)
  await expect(store.put(contentOf(3, 12 * KIB))).rejects.toMatchObject({ code: 'no-space' })
  expect([first, second].map((id) => store.has(id))).toEqual([true, true])
  await expect(store.put(contentOf(4, 257 * KIB))).rejects.toMatchObject({ code: 'too-large' })
})

test('many tiny blobs do not fill the disk beside the bound', async () => {
  const folder = freshFolder()
  const store = await openIn(folder, 40 * KIB)
  for (let seed = 0; seed < 30; seed++) await store.put(contentOf(seed, 10))
  expect(readdirSync(folder).length).toBeLessThanOrEqual(10)
})

test('a reader goes on while its blob is evicted', async () => {
  const store = await openIn(freshFolder(), 24 * KIB)
  const content = contentOf(1, 12 * KIB)
  const reader = await store.open(await store.put(content))
  const start = await reader?.read(0, 6 * KIB)
  for (const seed of [2, 3, 4]) await store.put(contentOf(seed, 12 * KIB))
  expect(store.has(blobIdOf(content))).toBe(false)
  const rest = await reader?.read(6 * KIB, 64 * KIB)
  expect(Buffer.concat([start ?? new Uint8Array(), rest ?? new Uint8Array()])).toEqual(Buffer.from(content))
  await reader?.close()
  await reader?.close()
})

function onlyNoSpace(error: unknown): void {
  expect(error).toMatchObject({ code: 'no-space' })
}

test('readers and writers at once, far above the bound: each reads the right bytes or nothing, each writes or hears that there is no room', async () => {
  const store = await openIn(freshFolder(), 64 * KIB)
  const contents = Array.from({ length: 12 }, (_, seed) => contentOf(seed, 9_000 + seed))
  const results = await Promise.all(
    Array.from({ length: 120 }, async (_, turn) => {
      const content = contents[(turn * 7) % 12] ?? new Uint8Array()
      if (turn % 3 === 0) await store.put(content).catch(onlyNoSpace)
      const read = await readAll(store, blobIdOf(content))
      return read === undefined || Buffer.compare(read, content) === 0
    }),
  )
  expect(results).not.toContain(false)
  expect(store.usage().bytes).toBeLessThanOrEqual(64 * KIB)
})

test.each([
  ['changed in one bit', (bytes: Buffer) => bytes.fill((bytes[100] ?? 0) ^ 1, 100, 101)],
  ['cut short', (bytes: Buffer) => bytes.subarray(0, 500)],
  ['longer', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('more')])],
  ['empty', () => Buffer.alloc(0)],
])(
  'a file that is %s is not served: it is removed and counted, whether it changed before the start or later',
  async (_name, damage) => {
    const folder = freshFolder()
    const store = await openIn(folder)
    const id = await store.put(contentOf(1))
    const path = join(folder, id)
    writeFileSync(path, damage(readFileSync(path)))
    const later = await openIn(folder)
    expect(await readAll(later, id)).toBeUndefined()
    expect(later.usage()).toMatchObject({ blobs: 0, damaged: 1 })
    expect(readdirSync(folder)).toEqual([])

    const again = await store.put(contentOf(1)).then(() => openIn(folder))
    await again.put(contentOf(1))
    await readAll(again, id)
    writeFileSync(path, damage(Buffer.from(contentOf(1))))
    expect(await readAll(again, id)).toBeUndefined()
  },
)

test('the start removes parts, and leaves alone what is not a blob', async () => {
  const folder = freshFolder()
  const store = await openIn(folder)
  const id = await store.put(contentOf(1))
  writeFileSync(join(folder, '.part-0'), 'half')
  writeFileSync(join(folder, 'README'), 'of somebody')
  symlinkSync('/etc/hostname', join(folder, blobIdOf(contentOf(2))))
  const again = await openIn(folder)
  expect(readdirSync(folder).toSorted()).toEqual([id, blobIdOf(contentOf(2)), 'README'].toSorted())
  expect(again.usage().blobs).toBe(1)
  expect(await again.open(blobIdOf(contentOf(2)))).toBeUndefined()
})

type WriterStep =
  | { readonly type: 'piece'; readonly length: number }
  | { readonly type: 'restart' | 'noise' | 'finish' }

/** Plays the steps; each `finish` has to say whether exactly the content was written. @returns whether it was kept */
async function playWriter(writer: BlobWriter, content: Uint8Array, steps: readonly WriterStep[]): Promise<boolean> {
  let isTrue = true
  for (const one of steps) {
    if (one.type === 'finish') {
      const isWhole = isTrue && writer.written === content.length
      expect(await writer.finish()).toBe(isWhole)
      if (isWhole) return true
    }
    if (one.type === 'piece') await writer.write(content.subarray(writer.written, writer.written + one.length))
    if (one.type === 'noise') await writer.write(Uint8Array.of((content[writer.written] ?? 0) ^ 1))
    if (one.type === 'restart') await writer.restart()
    isTrue = one.type === 'restart' || (isTrue && one.type !== 'noise')
  }
  return false
}

const writerSteps: fc.Arbitrary<readonly WriterStep[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ type: fc.constant('piece' as const), length: fc.nat(9_000) }) },
    fc.record({ type: fc.constantFrom('restart' as const, 'noise' as const, 'finish' as const) }),
  ),
  { maxLength: 20 },
)

test('any pieces and any restarts make the blob or nothing', async () => {
  const store = await openIn(freshFolder(), 1024 * KIB)
  const play = async (seed: number, size: number, steps: readonly WriterStep[]) => {
    const content = contentOf(seed, size)
    const id = blobIdOf(content)
    const wasThere = store.has(id)
    const writer = await store.begin(id)
    const isKept = await playWriter(writer, content, steps)
    await writer.abandon()
    expect(await readAll(store, id)).toEqual(isKept || wasThere ? content : undefined)
  }
  await fc.assert(fc.asyncProperty(fc.nat(1_000_000), fc.nat(40_000), writerSteps, play), { numRuns: 60 })
})

const isRoot = process.getuid?.() === 0

test.runIf(isRoot)('a full disk is a typed error, and after it the store goes on', () => {
  const folder = freshFolder()
  mkdirSync(folder)
  const child = join(import.meta.dirname, 'full-disk-child.ts')
  const script = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" "$3" "$1"'
  const run = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', folder, process.execPath, child], {
    encoding: 'utf8',
  })
  expect(run.stderr).toBe('')
  expect(JSON.parse(run.stdout)).toEqual({ code: 'no-space', files: 1, isFirstSound: true, isSmallKept: true })
})

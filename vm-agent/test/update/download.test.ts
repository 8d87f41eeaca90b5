import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReleaseFile } from '@muster/contexts/release/release.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { download } from '@muster/vm-agent/update/download.ts'
import { createHttpSource } from '@muster/vm-agent/update/http-source.ts'
import type { ReleaseSource } from '@muster/vm-agent/update/release-source.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'

const BYTES = Buffer.from('the agent of tomorrow')
const FILE: ReleaseFile = {
  name: 'muster-agent',
  os: 'linux',
  arch: 'x64',
  bytes: BYTES.length,
  sha256: createHash('sha256').update(BYTES).digest('hex'),
}
const { signal } = new AbortController()

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-download-'))
  path = join(folder, 'file')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Gives these bytes from where it is asked, or from another place. */
function sourceOf(bytes: Uint8Array, start: (from: number) => number = (from) => from) {
  const asked: number[] = []
  const source: ReleaseSource = {
    name: 'memory',
    channel: async () => '',
    async file(_, from) {
      asked.push(from)
      const begin = start(from)
      return { from: begin, pieces: piecesOf(bytes.subarray(begin)) }
    },
  }
  return { source, asked }
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += 5) yield bytes.subarray(at, at + 5)
}

const fetchFrom = (source: ReleaseSource, freeBytes?: () => Promise<number>) =>
  download({ source, ...(freeBytes && { freeBytes }) }, FILE, { path, signal })
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { readonly code?: string }) => error.code,
  )

test.each([0, 1, 7, BYTES.length - 1])('goes on after %i bytes that are there already', async (there) => {
  writeFileSync(path, BYTES.subarray(0, there))
  const { source, asked } = sourceOf(BYTES)
  await fetchFrom(source)
  expect(readFileSync(path)).toEqual(BYTES)
  expect(asked).toEqual([there])
})

test('begins anew where the source cannot leave anything out, and asks for nothing that is there whole', async () => {
  writeFileSync(path, 'something')
  await fetchFrom(sourceOf(BYTES, () => 0).source)
  expect(readFileSync(path)).toEqual(BYTES)
  const { source, asked } = sourceOf(BYTES)
  await fetchFrom(source)
  expect(asked).toEqual([])
})

test('keeps what came of a download that is cut, and nothing of one that is something else', async () => {
  expect(await codeOf(fetchFrom(sourceOf(BYTES.subarray(0, 9)).source))).toBe('unreachable')
  expect(readFileSync(path)).toEqual(BYTES.subarray(0, 9))
  const others: readonly ReleaseSource[] = [
    sourceOf(Buffer.from('the agent of somebody')).source,
    sourceOf(Buffer.concat([BYTES, BYTES])).source,
    sourceOf(BYTES, () => 3).source,
  ]
  for (const source of others) {
    writeFileSync(path, BYTES.subarray(0, 4))
    expect(await codeOf(fetchFrom(source))).toBe('damaged')
    expect(existsSync(path)).toBe(false)
  }
  writeFileSync(path, 'x'.repeat(BYTES.length))
  expect(await codeOf(fetchFrom(sourceOf(BYTES).source))).toBe('damaged')
  expect(existsSync(path)).toBe(false)
})

test('asks for nothing that would leave the machine without room', async () => {
  const { source, asked } = sourceOf(BYTES)
  const failure = await fetchFrom(source, async () => 64 * 1024 * 1024).catch((error: Error) => error)
  expect(failure).toMatchObject({ code: 'disk-full', message: expect.stringContaining('are free') })
  expect(asked).toEqual([])
})

test('gives the room back when the disk becomes full meanwhile', () => {
  if (process.getuid?.() !== 0) return
  const entry = join(import.meta.dirname, 'full-disk-entry.ts')
  const script = `mount -t tmpfs -o size=64k none ${folder} && exec ${process.execPath} ${entry} ${folder}`
  const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({ code: 'disk-full', files: [] })
})

test('waits a minute for an answer that does not come, and for a byte that does not come', async () => {
  const clock = createVirtualClock()
  const silent = createHttpSource({ clock, fetch: (_, { signal }) => untilAborted(signal) }, 'http://x')
  const stuck = createHttpSource(
    {
      clock,
      fetch: async () => ({
        ok: true,
        status: 200,
        headers: { get: () => null, getSetCookie: () => [] },
        body: {
          getReader: () => ({ read: () => new Promise(() => undefined), cancel: async () => undefined }),
          cancel: async () => undefined,
        },
      }),
    },
    'http://x',
  )
  for (const source of [silent, stuck]) {
    const failure = codeOf(fetchFrom(source))
    await clock.advance(60_001)
    // Reading the disk takes real time, in which the virtual one stands still.
    const late = setImmediateUntil(() => clock.pending > 0)
    await late
    await clock.advance(60_001)
    expect(await failure).toBe('unreachable')
  }
})

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

async function setImmediateUntil(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !isTrue(); turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}

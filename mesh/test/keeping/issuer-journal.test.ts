import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { encodeLine } from '@muster/runtime/checked-lines.ts'
import { silentLog } from '@muster/runtime/log.ts'
import { createSeededRandom } from '@muster/runtime/random.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compactEntries, ledgerOf, type TokenEntry } from '../../src/admission/join-token.ts'
import { COMFORTABLE_LINES, createIssuerJournal } from '../../src/keeping/issuer-journal.ts'
import { START } from '../admission/cluster.ts'
import { newFolder } from './folder.ts'
import { lifeOf } from './token-lives.ts'

const DAY = 24 * 60 * 60_000
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
const isRoot = process.getuid?.() === 0

function newPath(): string {
  const folder = newFolder()
  mkdirSync(folder, { mode: 0o700 })
  return join(folder, 'issuer-journal')
}

const journalAt = (path: string, now = START) =>
  createIssuerJournal(path, { clock: { now: () => now }, log: silentLog })
const linesIn = (path: string) => readFileSync(path, 'utf8').split('\n').length - 1

/** Any row of entries that an issuer could write, and some that it could not. */
const anyEntries = fc
  .array(fc.tuple(fc.nat({ max: 30 }), fc.constantFrom('issued', 'used', 'voided')), { maxLength: 12 })
  .map((picks) =>
    picks.map(([slot, type]): TokenEntry => {
      const [issued, used] = lifeOf(slot, true)
      if (issued === undefined || used === undefined || issued.type !== 'issued') throw new Error('no life')
      if (type === 'voided') return { type, hash: issued.token.hash }
      return type === 'issued' ? issued : used
    }),
  )

describe('the journal of an issuer', () => {
  test('gives back what was added, in order, whoever opens it and however often', async () => {
    await fc.assert(
      fc.asyncProperty(anyEntries, anyEntries, async (before, after) => {
        const path = newPath()
        const first = journalAt(path)
        for (const entry of before) await first.append(entry)
        const second = journalAt(path)
        expect(await second.load()).toEqual(before)
        await Promise.all(after.map((entry) => second.append(entry)))
        expect(await journalAt(path).load()).toEqual([...before, ...after])
        expect(statSync(path).mode & 0o777).toBe(0o600)
      }),
      { numRuns: 25 },
    )
  })

  test('goes on after a line that was cut anywhere, without that line', async () => {
    const path = newPath()
    const entries = [1, 2, 3].flatMap((slot) => lifeOf(slot, true))
    const journal = journalAt(path)
    for (const entry of entries) await journal.append(entry)
    const whole = readFileSync(path)
    const lastStart = whole.subarray(0, -1).lastIndexOf(0x0a) + 1
    for (let length = lastStart; length < whole.length; length += 7) {
      writeFileSync(path, whole)
      truncateSync(path, length)
      const next = journalAt(path)
      expect(await next.load(), `${length} bytes`).toEqual(entries.slice(0, -1))
      for (const entry of lifeOf(4, false)) await next.append(entry)
      expect(await journalAt(path).load()).toEqual([...entries.slice(0, -1), ...lifeOf(4, false)])
    }
  })

  test('is not used when a line before the last was changed, or another program writes it', async () => {
    const path = newPath()
    const journal = journalAt(path)
    for (const entry of lifeOf(1, true)) await journal.append(entry)
    const text = readFileSync(path, 'utf8')
    appendFileSync(path, text)
    const [extra] = lifeOf(2, false)
    if (extra === undefined) throw new Error('no life')
    await expect(journal.append(extra)).rejects.toMatchObject({ name: 'KeepingError', code: 'damaged' })
    writeFileSync(path, text.replace('worker', 'wörker'))
    await expect(journalAt(path).load()).rejects.toMatchObject({
      code: 'damaged',
      hint: expect.stringMatching(/backup/),
    })
  })

  test('drops what no longer matters when it has grown, and nothing else', { timeout: 60_000 }, async () => {
    const path = newPath()
    const expired = Array.from({ length: COMFORTABLE_LINES - 20 }, (_, slot) => lifeOf(slot, false)).flat()
    const held = Array.from({ length: 15 }, (_, slot) => lifeOf(5000 + slot, true)).flat()
    const journal = journalAt(path, START + 3 * DAY)
    writeFileSync(path, '')
    for (const entry of expired) await journal.append(entry)
    for (const entry of held) await journal.append(entry)
    expect(linesIn(path)).toBe(held.length)
    expect(await journalAt(path).load()).toEqual(held)
  })

  test('keeps tokens that a clock a few hours ahead takes for expired', async () => {
    const open = lifeOf(1, false)
    const ahead = START + 5 * 60 * 60_000
    expect(compactEntries(ledgerOf(open), ahead)).toEqual([])
    const path = newPath()
    const journal = journalAt(path, ahead)
    for (let round = 0; round <= COMFORTABLE_LINES; round++) for (const entry of open) await journal.append(entry)
    expect(linesIn(path)).toBeLessThan(COMFORTABLE_LINES)
    expect(ledgerOf(await journalAt(path).load()).tokens.size).toBe(1)
  })
})

describe('a journal whose program is killed', () => {
  test('has every line that was told to be kept, wherever that was', { timeout: 120_000 }, async () => {
    const random = createSeededRandom(11)
    for (let round = 0; round < 6; round++) {
      const path = newPath()
      // Half of the rounds come to a rewrite: the first lines are of tokens that expired.
      const spare = round % 2 === 0 ? 0 : COMFORTABLE_LINES - 10
      const old = Array.from({ length: spare }, (_, slot) => lifeOf(slot, false)).flat()
      writeFileSync(path, old.map(encodeLine).join(''), { mode: 0o600 })
      const told = await killAfter(path, 10_000, 1 + random.integer(30))
      const found = (await journalAt(path).load()).filter((entry) => !old.some((each) => isSame(each, entry)))
      const written = Array.from({ length: found.length }, (_, index) => lifeOf(10_000 + index, true)).flat()
      expect(found, `round ${round}`).toEqual(written.slice(0, found.length))
      expect(found.length, `round ${round}`).toBeGreaterThanOrEqual(told)
    }
  })
})

describe.runIf(isRoot)('a full disk', () => {
  test('is told, loses nothing that was told to be kept, and is over when there is room', () => {
    const place = newFolder()
    mkdirSync(place)
    const entry = new URL('./full-disk-entry.ts', import.meta.url).pathname
    const script = 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" "$3" "$1"'
    const argv = ['--mount', 'sh', '-c', script, 'full', place, process.execPath, entry]
    const output = execFileSync('unshare', argv, { encoding: 'utf8', env: { PATH } })
    expect(JSON.parse(output)).toMatchObject({
      code: 'unusable',
      saved: 'unusable: The disk is full; free some space.',
      whileFull: 'old.old.old',
      freeWhileFull: 0,
      isAsTold: true,
      certificate: 'new.new.new',
    })
    expect(existsSync(join(place, 'mesh'))).toBe(false)
  })
})

/** Runs a program that writes the journal, and kills it after so many lines. @returns lines that were told to be kept */
async function killAfter(path: string, firstSlot: number, lines: number): Promise<number> {
  const entry = new URL('./journal-entry.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [entry, path, String(firstSlot)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let told = 0
  for await (const line of createInterface({ input: child.stdout })) {
    told = Number(line)
    if (told >= lines) child.kill('SIGKILL')
  }
  const [, signal] = await exited
  expect(signal).toBe('SIGKILL')
  return told
}

function isSame(one: TokenEntry, other: TokenEntry): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '@muster/runtime/log.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { createConsoleService } from '@muster/vm-agent/console/console-service.ts'
import { type ConsoleDevice, createPathDevice, createStreamDevice } from '@muster/vm-agent/console/device.ts'
import { createIssueSurface } from '@muster/vm-agent/console/issue.ts'
import { listenToKeys } from '@muster/vm-agent/console/keys.ts'
import { createScreenSurface, createSerialSurface, RESTORE_TERMINAL } from '@muster/vm-agent/console/surface.ts'
import type { ConsoleView } from '@muster/vm-agent/console/view.ts'
import { createBell } from '@muster/vm-agent/pairing/bell.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PIN, pairedBody, pinBody, viewOf } from './views.ts'

let folder: string
const { signal } = new AbortController()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-console-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

function memoryDevice(): { readonly device: ConsoleDevice; readonly writes: string[] } {
  const writes: string[] = []
  const device: ConsoleDevice = {
    lineEnd: '\n',
    size: () => ({ columns: 80, rows: 24, isUnicode: false }),
    write: async (text) => {
      writes.push(text)
    },
  }
  return { device, writes }
}

test('a screen writes only the lines that changed, and gives the terminal back', async () => {
  const { device, writes } = memoryDevice()
  const surface = createScreenSurface(device, () => ({}))
  await surface.draw(viewOf(pinBody), signal)
  await surface.draw(viewOf(pinBody), signal)
  expect(writes).toHaveLength(1)
  await surface.draw(viewOf({ ...pinBody, expiresInMs: 60_000 }), signal)
  expect(writes[1]?.match(/;1H/g)).toHaveLength(1)
  expect(writes[1]).toContain('60 seconds')
  await surface.end(viewOf(pinBody), signal)
  expect(writes.at(-1)).toBe(RESTORE_TERMINAL)
})

test('a screen whose write failed is drawn whole at the next change', async () => {
  const { device, writes } = memoryDevice()
  let isBroken = true
  const flaky: ConsoleDevice = {
    ...device,
    write: (text, stop) => (isBroken ? Promise.reject(new Error('gone')) : device.write(text, stop)),
  }
  const surface = createScreenSurface(flaky, () => ({}))
  await expect(surface.draw(viewOf(pinBody), signal)).rejects.toThrow('gone')
  isBroken = false
  await surface.draw(viewOf(pinBody), signal)
  expect(writes[0]).toContain(PIN)
})

test('a screen wants to be drawn again when a countdown changes', () => {
  const surface = createScreenSurface(memoryDevice().device, () => ({}))
  expect(surface.redrawInMs(viewOf({ ...pinBody, expiresInMs: 150_000 }))).toBe(30_000)
  expect(surface.redrawInMs(viewOf({ ...pinBody, expiresInMs: 59_300 }))).toBe(300)
  expect(surface.redrawInMs(viewOf(pairedBody))).toBeUndefined()
})

test('the issue file holds the PIN for root alone, is replaced whole, and goes at the end', async () => {
  const path = join(folder, 'run', 'console.issue')
  let reloads = 0
  const reload = async () => {
    reloads += 1
  }
  const surface = createIssueSurface({ reload }, path)
  const withBackslash = viewOf(pinBody)
  await surface.draw({ ...withBackslash, facts: { ...withBackslash.facts, os: 'a\\nb' } }, signal)
  expect(await readFile(path, 'utf8')).toContain(PIN)
  expect(await readFile(path, 'utf8')).not.toContain('\\')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await surface.draw(viewOf({ ...pinBody, expiresInMs: 5 }), signal)
  expect(reloads).toBe(1)
  await surface.draw(viewOf(pairedBody), signal)
  expect(await readFile(path, 'utf8')).not.toContain(PIN)
  expect(await readdir(join(folder, 'run'))).toEqual(['console.issue'])
  await surface.end(viewOf(pairedBody), signal)
  expect(await readdir(join(folder, 'run'))).toEqual([])
  expect(reloads).toBe(3)
})

test('a console by path is written at its end, private when it is a file, and may be replaced meanwhile', async () => {
  const clock = createVirtualClock()
  const path = join(folder, 'console')
  const device = createPathDevice({ clock }, path)
  await device.write('one\n', signal)
  await device.write('two\n', signal)
  expect(await readFile(path, 'utf8')).toBe('one\ntwo\n')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await rm(path)
  await device.write('three\n', signal)
  expect(await readFile(path, 'utf8')).toBe('three\n')
})

test('a console that cannot be written says which and what to do', async () => {
  const clock = createVirtualClock()
  await writeFile(join(folder, 'file'), '')
  const device = createPathDevice({ clock }, join(folder, 'file', 'console'))
  await expect(device.write('x', signal)).rejects.toMatchObject({
    code: 'console-unusable',
    hint: expect.stringContaining('--console'),
  })
})

test('a closed standard output is a console that cannot be written', async () => {
  const stream = {
    write(_: string, done: (error?: Error) => void) {
      done(new Error('EPIPE'))
      return false
    },
  }
  await expect(createStreamDevice(stream, true).write('x', signal)).rejects.toMatchObject({ code: 'console-unusable' })
})

test('the service draws changes and countdowns, tells of a broken console once, and ends with its last words', async () => {
  const clock = createVirtualClock()
  const bell = createBell()
  const { device, writes } = memoryDevice()
  const lines: string[] = []
  const log = createLog({ level: 'debug', format: 'json', destination: { write: (line) => void lines.push(line) } })
  let view: ConsoleView = viewOf(pinBody)
  const broken = createSerialSurface(createPathDevice({ clock }, '/dev/null/none'))
  const serial = createSerialSurface(device)
  const stop = new AbortController()
  const service = createConsoleService({
    clock,
    log,
    source: { view: () => view, changed: (abort) => bell.rung(abort) },
    surfaces: [broken, serial],
  })
  const run = service.run({ signal: stop.signal, ready: () => undefined })
  await expect.poll(() => writes.join(''), { timeout: 20_000 }).toContain(PIN)
  view = viewOf(pairedBody)
  bell.ring()
  await expect.poll(() => writes.join(''), { timeout: 20_000 }).toContain('belongs to alice')
  stop.abort()
  await run
  expect(writes.join('')).toMatch(/PIN {2}WDJB-MJHT[\s\S]*belongs to alice[\s\S]*The agent has stopped/)
  expect(lines).toHaveLength(1)
  expect(lines[0]).not.toContain(PIN)
})

test('keys spell, interrupt, and leave the terminal as it was', () => {
  const modes: boolean[] = []
  const seen: string[] = []
  let listener: ((bytes: Uint8Array) => void) | undefined
  const stop = listenToKeys(
    {
      isTTY: true,
      setRawMode: (isRaw) => modes.push(isRaw),
      resume: () => undefined,
      pause: () => undefined,
      on: (_, listen) => {
        listener = listen
      },
      off: () => {
        listener = undefined
      },
    },
    { toggleSpelling: () => seen.push('spell'), interrupt: () => seen.push('stop') },
  )
  listener?.(Buffer.from('aAx\u0003'))
  expect(seen).toEqual(['spell', 'spell', 'stop'])
  stop()
  expect(modes).toEqual([true, false])
  expect(listener).toBeUndefined()
})

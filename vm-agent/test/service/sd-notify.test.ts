import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '@muster/runtime/log.ts'
import { createVirtualClock } from '@muster/runtime/virtual-clock.ts'
import { createBell } from '@muster/vm-agent/pairing/bell.ts'
import { createNotifier, createNotifyService } from '@muster/vm-agent/service/sd-notify.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
let program: string
const log: string[] = []
const logTo = createLog({ level: 'debug', format: 'json', destination: { write: (line) => void log.push(line) } })

beforeEach(async () => {
  log.length = 0
  folder = await mkdtemp(join(tmpdir(), 'muster-notify-'))
  program = join(folder, 'systemd-notify')
  await writeFile(program, `#!/bin/sh\nprintf '%s|' "$NOTIFY_SOCKET" "$@" >> ${folder}/said\n`)
  await chmod(program, 0o755)
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const said = () => readFile(join(folder, 'said'), 'utf8').catch(() => '')

test('systemd is told by its own program, one line for each notice', async () => {
  const notifier = createNotifier({
    log: logTo,
    environment: { socket: '/run/notify', watchdogUsec: undefined },
    programs: [join(folder, 'missing'), program],
  })
  await notifier.notify('READY=1', 'STATUS=two\nlines')
  expect(await said()).toBe('/run/notify|READY=1|STATUS=two lines|')
})

test('without systemd nothing is run', async () => {
  const environment = { socket: undefined, watchdogUsec: undefined }
  await createNotifier({ log: logTo, environment, programs: [program] }).notify('READY=1')
  expect(await said()).toBe('')
  expect(log).toEqual([])
})

test.each([
  ['missing', []],
  ['failing', ['/bin/false']],
])('a %s systemd-notify is a warning, once', async (_, programs) => {
  const notifier = createNotifier({ log: logTo, environment: { socket: '/x', watchdogUsec: undefined }, programs })
  await notifier.notify('READY=1')
  await notifier.notify('WATCHDOG=1')
  expect(log).toHaveLength(1)
})

test('the service says ready and what it does, feeds the watchdog in time, and says that it stops', async () => {
  const clock = createVirtualClock()
  const bell = createBell()
  const notices: string[] = []
  const fed: number[] = []
  let status = 'starting'
  const stop = new AbortController()
  const service = createNotifyService({
    clock,
    environment: { socket: '/x', watchdogUsec: 30_000_000 },
    notifier: {
      async notify(...list) {
        for (const notice of list) notice === 'WATCHDOG=1' ? fed.push(clock.monotonic()) : notices.push(notice)
      },
    },
    status: () => status,
    changed: (signal) => bell.rung(signal),
  })
  const run = service.run({ signal: stop.signal, ready: () => notices.push('ready') })
  for (let second = 0; second < 60; second++) {
    status = `second ${Math.floor(second / 30)}`
    bell.ring()
    await clock.advance(1000)
  }
  stop.abort()
  await run
  expect(notices).toEqual([
    'READY=1',
    'STATUS=starting',
    'ready',
    'STATUS=second 0',
    'STATUS=second 1',
    'STOPPING=1',
    'STATUS=stopping',
  ])
  const gaps = fed.map((at, index) => at - (fed[index - 1] ?? 0))
  expect(fed.length).toBeGreaterThan(3)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(15_000)
})

test('what changes while systemd is being told is told as well', async () => {
  const notices: string[] = []
  const stop = new AbortController()
  let status = 'starting'
  const isTold = Promise.withResolvers<void>()
  const service = createNotifyService({
    clock: createVirtualClock(),
    environment: { socket: '/x', watchdogUsec: undefined },
    notifier: {
      async notify(...list) {
        notices.push(...list)
        if (list.includes('STATUS=started')) isTold.resolve()
        status = 'started'
      },
    },
    status: () => status,
    changed: (signal) => createBell().rung(signal),
  })
  const run = service.run({ signal: stop.signal, ready: () => undefined })
  await isTold.promise
  stop.abort()
  await run
  expect(notices).toEqual(['READY=1', 'STATUS=starting', 'STATUS=started', 'STOPPING=1', 'STATUS=stopping'])
})

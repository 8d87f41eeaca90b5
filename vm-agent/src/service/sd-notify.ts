import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Service } from '@muster/runtime/service.ts'

/*
 * systemd listens on a datagram socket of the Unix domain, which Node cannot open. Its own program `systemd-notify`
 * speaks for us: it is part of every systemd, and the unit allows it with NotifyAccess=all. The environment variable
 * alone would not do as a reason to fail: containers pass it on without the program.
 */

/** The socket and the watchdog, as systemd hands them over in the environment. */
export interface NotifyEnvironment {
  /** `NOTIFY_SOCKET`; undefined when no systemd waits for us. */
  readonly socket: string | undefined
  /** `WATCHDOG_USEC`; undefined when nobody watches. */
  readonly watchdogUsec: number | undefined
}

/** What is told to systemd. */
export type Notice = 'READY=1' | 'STOPPING=1' | 'WATCHDOG=1' | `STATUS=${string}`

/** Tells systemd how the service is; quiet where there is none. */
export interface Notifier {
  /** Never fails: a service that runs is worth more than one that could not say so. */
  notify(...notices: readonly Notice[]): Promise<void>
}

const PROGRAMS = ['/usr/bin/systemd-notify', '/bin/systemd-notify']
const LIMIT_MS = 5_000

/** What a notifier stands on. */
export interface NotifierDeps {
  readonly log: Log
  readonly environment: NotifyEnvironment
  /** Where `systemd-notify` may be. @default where distributions have it */
  readonly programs?: readonly string[]
}

/** A notifier by systemd's own program. */
export function createNotifier(deps: NotifierDeps): Notifier {
  const { socket } = deps.environment
  let program: Promise<string | undefined> | undefined
  let hasFailed = false

  async function tell(path: string, notices: readonly Notice[], target: string): Promise<void> {
    const failure = await run(path, notices.map(oneLine), { NOTIFY_SOCKET: target })
    if (failure !== undefined && !hasFailed) deps.log.warn({ program: path, failure }, 'systemd could not be told')
    hasFailed ||= failure !== undefined
  }

  return {
    async notify(...notices) {
      if (socket === undefined || socket === '') return
      program ??= firstExecutable(deps.programs ?? PROGRAMS)
      const path = await program
      if (path !== undefined) return tell(path, notices, socket)
      if (!hasFailed) deps.log.warn({}, 'systemd waits for news, but systemd-notify is not installed')
      hasFailed = true
    },
  }
}

/** What the notify service watches. */
export interface NotifyServiceDeps {
  readonly clock: Clock
  readonly notifier: Notifier
  readonly environment: NotifyEnvironment
  /** One line for `systemctl status`; no secrets. */
  readonly status: () => string
  readonly changed: (signal: AbortSignal) => Promise<void>
}

interface Pause {
  readonly told: string
  /** Undefined: nobody watches. */
  readonly feedInMs: number | undefined
}

/**
 * Last of the services: says READY when all others are ready, the status when it changes, and feeds the watchdog at
 * a third of its time as long as this process comes round to it.
 */
export function createNotifyService(deps: NotifyServiceDeps): Service {
  const { clock, notifier, environment } = deps
  const feedMs = environment.watchdogUsec === undefined ? undefined : environment.watchdogUsec / 3000

  /** Until there is something to tell; what has changed while systemd was being told is there already. */
  async function pause({ told, feedInMs }: Pause, signal: AbortSignal): Promise<void> {
    if (deps.status() !== told) return
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    const waits = [deps.changed(either)]
    if (feedInMs !== undefined) waits.push(clock.sleep(feedInMs, either))
    await Promise.race(waits)
      .catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
      .finally(() => over.abort())
    await Promise.allSettled(waits)
  }

  return {
    name: 'notify',
    async run({ signal, ready }) {
      let told = deps.status()
      let fedAt = clock.monotonic()
      await notifier.notify('READY=1', `STATUS=${told}`)
      ready()
      while (!signal.aborted) {
        const feedInMs = feedMs === undefined ? undefined : Math.max(0, fedAt + feedMs - clock.monotonic())
        await pause({ told, feedInMs }, signal)
        const notices: Notice[] = []
        const status = deps.status()
        if (status !== told) notices.push(`STATUS=${status}`)
        if (feedMs !== undefined && clock.monotonic() - fedAt >= feedMs) notices.push('WATCHDOG=1')
        if (notices.length === 0 || signal.aborted) continue
        if (notices.includes('WATCHDOG=1')) fedAt = clock.monotonic()
        told = status
        await notifier.notify(...notices)
      }
      await notifier.notify('STOPPING=1', 'STATUS=stopping')
    },
  }
}

async function firstExecutable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  return undefined
}

/** @returns why it failed, or undefined */
function run(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(path, args, { env, stdio: 'ignore', timeout: LIMIT_MS })
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(code === 0 ? undefined : `ended with ${code ?? signal}`))
  })
}

function oneLine(notice: Notice): string {
  return notice.replaceAll(/\s+/g, ' ')
}

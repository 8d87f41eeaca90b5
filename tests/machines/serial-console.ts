import { systemClock } from '@muster/runtime/clock.ts'
import { createTextOfConsole, lastPin } from './console-text.ts'

/** How long anything on a console may take before the test says that it does not come: machines may be emulated, and busy. */
export const CONSOLE_LIMIT_MS = 600_000
/** Lines of a console that a failure shows. */
const TAIL_LINES = 60

/** How something on a console is waited for. */
export interface ExpectOptions {
  /** Only what comes behind this place; see `mark`. @default the start */
  readonly after?: number
  readonly timeoutMs?: number
}

/** The serial console of a machine since it was switched on. */
export interface SerialConsole {
  /** All that it has shown, as a person reads it. */
  text(): string
  /** The place behind all that it has shown until now. */
  mark(): number
  /** Waits for what matches. @throws when it does not come in time, or the machine ends; the message has the tail of the console */
  expect(pattern: RegExp, options?: ExpectOptions): Promise<RegExpExecArray>
  /** Waits for a PIN that differs from `before`, the last of them when there are several. */
  pin(before?: string): Promise<string>
  /** Types. */
  type(text: string): void
}

/** The end of the console that the machine holds. */
export interface ConsoleFeed {
  readonly console: SerialConsole
  /** The machine has sent something. */
  receive(piece: string): void
  /** The machine is off; whoever waits hears so. */
  close(why: string): void
}

/** Makes a console. @param name - of the machine, for messages @param write - takes what is typed */
export function createSerialConsole(name: string, write: (text: string) => void): ConsoleFeed {
  const read = createTextOfConsole()
  const watchers = new Set<() => void>()
  let text = ''
  let ended: string | undefined
  const look = () => {
    for (const watcher of [...watchers]) watcher()
  }

  /** Resolves with the first thing found, at once or after something has come. */
  function wait<T>(what: string, find: () => T | undefined, timeoutMs: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const over = new AbortController()
    const fail = (why: string) => reject(new Error(`${name}: ${what} did not come: ${why}\n${tailOf(text)}`))
    const watcher = () => {
      const found = find()
      if (found !== undefined) resolve(found)
      else if (ended !== undefined) fail(ended)
    }
    watchers.add(watcher)
    systemClock.sleep(timeoutMs, over.signal).then(
      () => fail(`waited ${timeoutMs / 1000} s`),
      () => undefined,
    )
    watcher()
    return promise.finally(() => {
      watchers.delete(watcher)
      over.abort()
    })
  }

  return {
    console: {
      text: () => text,
      mark: () => text.length,
      expect: (pattern, { after = 0, timeoutMs = CONSOLE_LIMIT_MS } = {}) =>
        wait(`${pattern}`, () => pattern.exec(text.slice(after)) ?? undefined, timeoutMs),
      pin: (before) =>
        wait(
          before === undefined ? 'a PIN' : 'another PIN',
          () => {
            const pin = lastPin(text)
            return pin === before ? undefined : pin
          },
          CONSOLE_LIMIT_MS,
        ),
      type: write,
    },
    receive(piece) {
      text += read(piece)
      look()
    },
    close(why) {
      ended = why
      look()
    },
  }
}

function tailOf(text: string): string {
  const lines = text.split('\n').slice(-TAIL_LINES)
  return lines.map((line) => `  | ${line}`).join('\n')
}

import { CodedError } from '@muster/contexts/fault.ts'
import type { SealAnswer, SealRequest } from './seal-messages.ts'

/** What is asked of the worker, before it gets its number. */
type SealWish = SealRequest extends infer R ? (R extends SealRequest ? Omit<R, 'id'> : never) : never

interface Waiting {
  resolve(text: string): void
  reject(error: unknown): void
}

const waiting = new Map<number, Waiting>()
let worker: Worker | undefined
let lastId = 0

/**
 * Seals a text in the sealing worker; about two seconds.
 *
 * @throws {CodedError} weak-passphrase, too-large, not-text; worker-failed - the browser could not run the worker
 */
export function sealText(text: string, passphrase: string): Promise<string> {
  return ask({ kind: 'seal', text, passphrase })
}

/**
 * Opens a sealed text in the sealing worker; about two seconds.
 *
 * @throws {CodedError} wrong-passphrase, damaged, too-large; worker-failed - the browser could not run the worker
 */
export function openText(sealed: string, passphrase: string): Promise<string> {
  return ask({ kind: 'open', sealed, passphrase })
}

function ask(wish: SealWish): Promise<string> {
  lastId += 1
  const id = lastId
  const target = startWorker()
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject })
    target.postMessage({ ...wish, id } satisfies SealRequest)
  })
}

function startWorker(): Worker {
  if (worker !== undefined) return worker
  const started = new Worker(new URL('./seal-worker.ts', import.meta.url), { type: 'module' })
  started.addEventListener('message', (event: MessageEvent<SealAnswer>) => settle(event.data))
  started.addEventListener('error', () => {
    for (const { reject } of waiting.values()) {
      reject(
        new CodedError('worker-failed', 'The part that seals could not be started.', { hint: 'Load the page again.' }),
      )
    }
    waiting.clear()
    worker = undefined
  })
  worker = started
  return started
}

function settle(answer: SealAnswer): void {
  const asked = waiting.get(answer.id)
  waiting.delete(answer.id)
  if (asked === undefined) return
  if (answer.isDone) asked.resolve(answer.text)
  else {
    const { code, message, hint } = answer.fault
    asked.reject(new CodedError(code, message, hint === undefined ? {} : { hint }))
  }
}

import { type Clock, timeoutSignal } from './clock.ts'
import type { Log } from './log.ts'

/** What a running service is given. */
export interface ServiceScope {
  /** Aborts when the service shall end. */
  readonly signal: AbortSignal
  /** To be called once when the service can be used; the next service starts then. */
  ready(): void
}

/**
 * One long-running part of a daemon. `run` resolves when it has ended because of its signal, and rejects when it
 * failed. Services before it in the list are ready while it runs; those after it have ended before its signal aborts.
 */
export interface Service {
  readonly name: string
  run(scope: ServiceScope): Promise<void>
}

/** What a group of services needs. */
export interface RunServicesOptions {
  /** Aborts to end all. */
  readonly signal: AbortSignal
  /** How long each service may take to end before it is named in the log and left behind. */
  readonly stopTimeoutMs: number
  readonly clock: Clock
  readonly log: Log
}

interface Running {
  readonly name: string
  readonly stop: AbortController
  /** Settles when `run` does; never rejects. */
  readonly ended: Promise<Ending>
}

type Ending = { readonly kind: 'ended' } | { readonly kind: 'failed'; readonly error: unknown }

/**
 * Runs services in order, each after the one before is ready, until the signal aborts or one of them ends by itself;
 * then ends them in reverse order.
 *
 * @throws the first failure, after the others have been stopped. A service that ends without being asked and without
 * an error counts as a failure.
 */
export async function runServices(services: readonly Service[], options: RunServicesOptions): Promise<void> {
  const running: Running[] = []
  let firstFailure: { readonly error: unknown } | undefined
  const failed = new AbortController()
  const stopAll = AbortSignal.any([options.signal, failed.signal])

  const fail = (error: unknown) => {
    firstFailure ??= { error }
    failed.abort()
  }

  for (const service of services) {
    if (stopAll.aborted) break
    const { entry, ready } = start(service, stopAll, fail)
    running.push(entry)
    await ready
    if (!stopAll.aborted) options.log.debug({ service: entry.name }, 'service ready')
  }
  await aborted(stopAll)
  for (const entry of running.reverse()) await stop(entry, options)
  if (firstFailure !== undefined) throw firstFailure.error
}

/** Starts one service; `ready` resolves when it is ready, has ended, or all shall stop. */
function start(service: Service, stopAll: AbortSignal, fail: (error: unknown) => void) {
  const stopper = new AbortController()
  const becameReady = Promise.withResolvers<void>()
  const run = async () => service.run({ signal: stopper.signal, ready: () => becameReady.resolve() })
  const ended = run().then(
    (): Ending => {
      if (!stopper.signal.aborted) fail(new Error(`service ${service.name} ended by itself`))
      return { kind: 'ended' }
    },
    (error: unknown): Ending => {
      const isAnswerToStop = stopper.signal.aborted && error === stopper.signal.reason
      if (!isAnswerToStop) fail(error)
      return isAnswerToStop ? { kind: 'ended' } : { kind: 'failed', error }
    },
  )
  const ready = Promise.race([becameReady.promise, ended.then(() => undefined), aborted(stopAll)])
  return { entry: { name: service.name, stop: stopper, ended }, ready }
}

async function stop(entry: Running, options: RunServicesOptions): Promise<void> {
  entry.stop.abort(new DOMException(`${entry.name} is asked to stop`, 'AbortError'))
  const deadline = timeoutSignal(options.clock, options.stopTimeoutMs)
  const outcome = await Promise.race([entry.ended, aborted(deadline.signal).then(() => 'late' as const)])
  deadline.cancel()
  if (outcome === 'late') options.log.error({ service: entry.name }, 'service did not stop in time and is left behind')
  else options.log.debug({ service: entry.name }, 'service stopped')
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

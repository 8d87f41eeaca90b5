import { describe, expect, test } from 'vitest'
import { silentLog } from '../src/log.ts'
import { runServices, type Service } from '../src/service.ts'
import { createVirtualClock } from '../src/virtual-clock.ts'

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** A service that writes what happens to it into `trace`. */
function traced(name: string, trace: string[]): Service {
  return {
    name,
    async run({ signal, ready }) {
      trace.push(`${name} starts`)
      ready()
      await untilAborted(signal)
      trace.push(`${name} ends`)
    },
  }
}

function setup() {
  const stop = new AbortController()
  const clock = createVirtualClock()
  return { stop, clock, options: { signal: stop.signal, stopTimeoutMs: 1000, clock, log: silentLog } }
}

describe('runServices', () => {
  test('starts in order, each after the one before is ready, and stops in reverse order', async () => {
    const { stop, clock, options } = setup()
    const trace: string[] = []
    const running = runServices([traced('store', trace), traced('http', trace)], options)
    await clock.advance(0)
    expect(trace).toEqual(['store starts', 'http starts'])
    stop.abort()
    await running
    expect(trace).toEqual(['store starts', 'http starts', 'http ends', 'store ends'])
  })

  test('waits for ready before the next service starts', async () => {
    const { stop, clock, options } = setup()
    const trace: string[] = []
    const slow: Service = {
      name: 'slow',
      async run({ signal, ready }) {
        await clock.sleep(500)
        trace.push('slow is ready')
        ready()
        await untilAborted(signal)
      },
    }
    const running = runServices([slow, traced('next', trace)], options)
    await clock.advance(499)
    expect(trace).toEqual([])
    await clock.advance(1)
    expect(trace).toEqual(['slow is ready', 'next starts'])
    stop.abort()
    await running
  })

  test('the first failure stops all the others and is thrown', async () => {
    const { clock, options } = setup()
    const trace: string[] = []
    const failing: Service = {
      name: 'failing',
      async run({ ready }) {
        ready()
        await clock.sleep(100)
        throw new Error('disk on fire')
      },
    }
    const running = expect(runServices([traced('store', trace), failing], options)).rejects.toThrow('disk on fire')
    await clock.advance(100)
    await running
    expect(trace).toEqual(['store starts', 'store ends'])
  })

  test('a service that fails before it is ready keeps the next from starting', async () => {
    const { options } = setup()
    const trace: string[] = []
    const broken: Service = { name: 'broken', run: () => Promise.reject(new Error('port is taken')) }
    await expect(runServices([broken, traced('next', trace)], options)).rejects.toThrow('port is taken')
    expect(trace).toEqual([])
  })

  test('a service that ends by itself is a failure', async () => {
    const { options } = setup()
    const brief: Service = { name: 'brief', run: async ({ ready }) => ready() }
    await expect(runServices([brief], options)).rejects.toThrow('service brief ended by itself')
  })

  test('a service that throws synchronously is a failure too', async () => {
    const { options } = setup()
    const broken: Service = {
      name: 'sync',
      run() {
        throw new Error('at once')
      },
    }
    await expect(runServices([broken], options)).rejects.toThrow('at once')
  })

  test('a service that ignores its signal is named and left behind after the limit', async () => {
    const { stop, clock, options } = setup()
    const complaints: unknown[] = []
    const deaf: Service = {
      name: 'deaf',
      run({ ready }) {
        ready()
        return new Promise(() => undefined)
      },
    }
    const log = { ...silentLog, error: (fields: object) => complaints.push(fields) }
    const running = runServices([deaf], { ...options, log })
    await clock.advance(0)
    stop.abort()
    await clock.advance(1000)
    await running
    expect(complaints).toEqual([{ service: 'deaf' }])
  })

  test('rejecting with the reason of the signal counts as stopping', async () => {
    const { stop, clock, options } = setup()
    const service: Service = {
      name: 'sleeper',
      async run({ signal, ready }) {
        ready()
        await clock.sleep(1e9, signal)
      },
    }
    const running = runServices([service], options)
    await clock.advance(0)
    stop.abort()
    await expect(running).resolves.toBeUndefined()
  })

  test('nothing starts when the signal has aborted already', async () => {
    const { stop, options } = setup()
    const trace: string[] = []
    stop.abort()
    await runServices([traced('store', trace)], options)
    expect(trace).toEqual([])
  })
})

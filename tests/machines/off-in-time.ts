import { systemClock } from '@muster/runtime/clock.ts'
import type { SerialConsole } from './serial-console.ts'

/** A machine that has been told to stop. */
export interface StoppingMachine {
  readonly name: string
  readonly console: SerialConsole
  /** Resolves when it is off. */
  readonly ended: Promise<unknown>
  readonly limitMs: number
  /** Switches it off whatever it does. */
  cutPower(): Promise<void>
}

/** Waits until a machine is off; pulls the plug of one that does not come to its end. @throws then, with the tail of its console */
export async function offInTime({ name, console, ended, limitMs, cutPower }: StoppingMachine): Promise<void> {
  const over = new AbortController()
  const tooLate = systemClock.sleep(limitMs, over.signal).then(
    () => true,
    () => false,
  )
  const isLate = await Promise.race([ended.then(() => false), tooLate])
  over.abort()
  if (!isLate) return
  await cutPower()
  throw new Error(
    `${name} was told to stop, and was not off after ${limitMs / 1000} s:\n${console.text().slice(-3_000)}`,
  )
}

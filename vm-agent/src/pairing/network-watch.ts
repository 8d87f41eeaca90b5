import type { Clock } from '@muster/runtime/clock.ts'
import { type NetworkFacts, networkMark } from '../facts/network-facts.ts'

/** Node is told of no change, so it looks; a look reads a few lines of the kernel. */
const LOOK_EVERY_MS = 1_000

/** Looks for changes of addresses and of the way out. */
export interface NetworkWatch {
  /** Takes the network as it is now for the one that is known. */
  note(signal: AbortSignal): Promise<void>
  /**
   * Resolves when the network is another than the known one, which it is from then on; the change may have been before
   * this call. Rejects with the signal's reason when aborted.
   */
  changed(signal: AbortSignal): Promise<void>
}

/** A watch that knows no network yet. */
export function createNetworkWatch(deps: {
  readonly clock: Clock
  readonly readNetwork: (signal: AbortSignal) => Promise<NetworkFacts>
}): NetworkWatch {
  let known: string | undefined
  const look = async (signal: AbortSignal) => networkMark(await deps.readNetwork(signal))
  return {
    async note(signal) {
      known = await look(signal)
    },
    async changed(signal) {
      for (;;) {
        const mark = await look(signal)
        if (mark !== known) {
          known = mark
          return
        }
        await deps.clock.sleep(LOOK_EVERY_MS, signal)
      }
    },
  }
}

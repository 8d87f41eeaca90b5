import type { RandomBytes } from '@muster/contexts/pairing/ports.ts'

/** Random bytes of the browser. */
export const browserRandom: RandomBytes = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) }

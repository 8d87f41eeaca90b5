import type { Stream } from '@libp2p/interface'
import type { Clock } from '@muster/runtime/clock.ts'
import { MeshError } from '../fault.ts'
import type { Rate } from '../records/token-bucket.ts'

/**
 * Bytes of gossip that one neighbor may send. All records of a cluster of 1000 are about 1 MiB, and come within half a
 * minute; gossipsub keeps whatever comes until it has judged it.
 */
export const GOSSIP_RATE: Rate = { perSecond: 1024 * 1024, burst: 8 * 1024 * 1024 }

/** Breaks a stream off whose other end sends more than the rate; where its connection stands it is made anew a little later. */
export async function breakOffFloods(stream: Stream, clock: Clock, { perSecond, burst }: Rate): Promise<void> {
  // Whoever listens first begins the flow: that has to be the one who reads.
  await clock.sleep(0)
  let level = 0
  let at = clock.monotonic()
  const count = ({ data }: { readonly data: { readonly byteLength: number } }) => {
    const now = clock.monotonic()
    level = Math.max(0, level - ((now - at) / 1000) * perSecond) + data.byteLength
    at = now
    if (level <= burst) return
    stream.removeEventListener('message', count)
    stream.abort(new MeshError('refused', 'A neighbor sends more gossip than there can be'))
  }
  if (stream.status === 'open') stream.addEventListener('message', count)
}

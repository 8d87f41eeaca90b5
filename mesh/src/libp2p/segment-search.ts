import { type PeerDiscovery, type PeerInfo, start, stop } from '@libp2p/interface'
import { type MulticastDNSComponents, mdns } from '@libp2p/mdns'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Random } from '@muster/runtime/random.ts'

/** Other libp2p programs of the segment are of no use here. */
const SERVICE = '_muster._udp.local'
/** The loop of libp2p never comes round: it would ask for each member, and all answer all of them. */
const NEVER_MS = 2 ** 31 - 1
/** A member that nobody has answered asks again so soon. */
const ALONE_MS = 20_000
/** As long as answers are heard, whoever asked for them, nobody asks for so long. Twice as long at most. */
const CONTENT_MS = 5 * 60_000
/** And so much longer for each who answers, with 770 bytes to all: ten bytes a second, however many there are. */
const CONTENT_PER_MEMBER_MS = 77_000
/** Two halves of a segment that have nothing else in common find each other within this, or twice that. */
const MAX_CONTENT_MS = 2 * 60 * 60_000
/** Members of the segment that are told apart. */
const MAX_COUNTED = 1_024

/** What asking at the right times stands on. */
export interface AskingParts {
  readonly clock: Clock
  /** So that not all ask at once. */
  readonly random: Pick<Random, 'fraction'>
  /** Monotonic milliseconds of the last answer to anybody's question; undefined before the first. */
  readonly answeredAt: () => number | undefined
  /** How many have ever answered. */
  readonly members: () => number
  readonly ask: () => Promise<void>
}

/** Asks until the signal aborts; the first question has been asked. Who hears answers to others is content with them. */
export async function askOnAndOn(parts: AskingParts, signal: AbortSignal): Promise<void> {
  const { clock, random, answeredAt, ask } = parts
  let askedAt = clock.monotonic()
  while (!signal.aborted) {
    const seenAt = answeredAt()
    const isAnswered = seenAt !== undefined && seenAt >= askedAt
    const waitMs = (isAnswered ? contentMs(parts.members()) : ALONE_MS) * (1 + random.fraction())
    const dueAt = (isAnswered ? seenAt : askedAt) + waitMs
    await clock.sleep(Math.max(0, dueAt - clock.monotonic()), signal).catch(() => undefined)
    if (signal.aborted) return
    if (answeredAt() !== seenAt) continue
    askedAt = clock.monotonic()
    await ask()
  }
}

function contentMs(members: number): number {
  return Math.min(MAX_CONTENT_MS, Math.max(CONTENT_MS, members * CONTENT_PER_MEMBER_MS))
}

/** Finds members of the same network segment by multicast. */
export interface SegmentSearch {
  /** For libp2p, which asks once when it starts it. */
  readonly create: (components: MulticastDNSComponents) => PeerDiscovery
  /**
   * Asks from time to time. Answers go to all of the segment, so mostly one member asks for all.
   *
   * @param isRunning - whether libp2p runs; it ends soon after that
   * @param signal - ends it
   */
  run(isRunning: () => boolean, signal: AbortSignal): Promise<void>
}

/** @param found - called for each answer, also for those whom it was told before */
export function createSegmentSearch(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  found: (peer: PeerInfo) => void,
): SegmentSearch {
  let discovery: PeerDiscovery | undefined
  let answeredAt: number | undefined
  const members = new Set<string>()
  return {
    create(components) {
      discovery = mdns({ serviceTag: SERVICE, interval: NEVER_MS })(components)
      discovery.addEventListener('peer', ({ detail }) => {
        answeredAt = clock.monotonic()
        if (members.size < MAX_COUNTED) members.add(detail.id.toString())
        found(detail)
      })
      return discovery
    },
    async run(isRunning, signal) {
      const ask = async () => {
        if (!isRunning()) return
        // What libp2p calls a start is a question and more listening.
        await stop(discovery)
        await start(discovery)
        // libp2p may have been stopped in between, and would know nothing of this start.
        if (!isRunning()) await stop(discovery)
      }
      await askOnAndOn({ clock, random, answeredAt: () => answeredAt, members: () => members.size, ask }, signal)
    },
  }
}

import type { Random } from '@muster/runtime/random.ts'
import type { PeerId } from '../admission/membership.ts'

/** How the wires behave; everything is symmetrical unless said otherwise. */
export interface LinkOptions {
  /** One way inside a cloud and between clouds, each ±50 %. */
  readonly localMs: number
  readonly remoteMs: number
  /** First retransmission of a lost packet; doubles each time. */
  readonly retransmitMs: number
  /** Retransmissions after which a transfer counts as lost. */
  readonly retransmissions: number
}

export const DEFAULT_LINKS: LinkOptions = { localMs: 1, remoteMs: 25, retransmitMs: 200, retransmissions: 6 }

/** The wires between nodes, with their faults. */
export interface Links {
  /** Milliseconds that one transfer takes, retransmissions included; undefined when it does not arrive. */
  transit(from: PeerId, to: PeerId): number | undefined
  /** Share of lost packets, 0 to 1, everywhere. */
  setLoss(share: number): void
  cutOneWay(from: PeerId, to: PeerId): void
  /** Nodes of different groups do not reach each other; those not named are together in one more. */
  split(groups: readonly (readonly PeerId[])[]): void
  /** Cuts and splits end; loss stays. */
  heal(): void
}

/** Wires without faults. @param cloudOf - where a node stands */
export function createLinks(random: Random, cloudOf: (peer: PeerId) => string, options = DEFAULT_LINKS): Links {
  let loss = 0
  let groupOf = new Map<PeerId, number>()
  const cuts = new Set<string>()
  const isOpen = (from: PeerId, to: PeerId) =>
    (groupOf.size === 0 || groupOf.get(from) === groupOf.get(to)) && (cuts.size === 0 || !cuts.has(`${from}>${to}`))
  return {
    transit(from, to) {
      if (!isOpen(from, to)) return undefined
      const base = cloudOf(from) === cloudOf(to) ? options.localMs : options.remoteMs
      let total = base * (0.5 + random.fraction())
      if (loss === 0) return total
      let waitMs = options.retransmitMs
      for (let tries = 0; random.fraction() < loss; tries++) {
        if (tries >= options.retransmissions) return undefined
        total += waitMs
        waitMs *= 2
      }
      return total
    },
    setLoss(share) {
      loss = share
    },
    cutOneWay(from, to) {
      cuts.add(`${from}>${to}`)
    },
    split(groups) {
      groupOf = new Map(groups.flatMap((group, index) => group.map((peer) => [peer, index + 1] as const)))
    },
    heal() {
      cuts.clear()
      groupOf = new Map()
    },
  }
}

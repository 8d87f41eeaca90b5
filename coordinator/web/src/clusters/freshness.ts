import type { ClusterMesh } from '@muster/contexts/wire/clusters.ts'
import { shortSpan } from './member-words.ts'

/** Data older than this is not shown as if it held. */
export const STALE_AFTER_MS = 40_000

/** Why a view must not be taken for the present. */
export interface Staleness {
  readonly title: string
  readonly detail: string
}

const PHASES: Readonly<Record<Exclude<ClusterMesh['phase'], 'member'>, Staleness>> = {
  joining: {
    title: 'The coordinator is joining this cluster',
    detail: 'What it knows comes from before, or from nobody yet. This takes a few seconds after it starts.',
  },
  lapsed: {
    title: 'The membership of the coordinator has ended',
    detail: 'It hears nothing of this cluster until it has a new certificate. The members may well be fine.',
  },
  refused: {
    title: 'The coordinator was refused by this cluster',
    detail: 'It hears nothing more of it. Its log says who refused it and why. The members may well be fine.',
  },
  left: {
    title: 'The coordinator has left this cluster',
    detail: 'It hears nothing more of it. The members may well be fine.',
  },
}

/**
 * Why what is shown may no longer hold; undefined when it does.
 *
 * @param receivedAt - of the last answer, epoch milliseconds
 */
export function findStaleness(phase: ClusterMesh['phase'], receivedAt: number, now: number): Staleness | undefined {
  const ageMs = now - receivedAt
  if (ageMs > STALE_AFTER_MS) {
    return {
      title: `Nothing was heard from the coordinator for ${shortSpan(ageMs)}`,
      detail: 'What you see is how it was then. The page keeps asking.',
    }
  }
  return phase === 'member' ? undefined : PHASES[phase]
}

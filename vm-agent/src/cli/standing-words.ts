import type { ServicesMessage } from '../directory/control-messages.ts'

/** Where the agent stands with its cluster, when that is worth a line; undefined for a member. */
export function standingLine({ cluster, standing }: Pick<ServicesMessage, 'cluster' | 'standing'>): string | undefined {
  const why = standing.trouble === undefined ? '' : `: ${standing.trouble}`
  switch (standing.phase) {
    case 'member':
      return undefined
    case 'joining':
      return `This machine asks to join cluster ${cluster}${why}`
    case 'lapsed':
      return `The certificate of this machine in cluster ${cluster} has expired; it asks for a new one${why}`
    case 'refused':
      return `Cluster ${cluster} has refused this machine${why}`
    case 'left':
      return `This machine has left cluster ${cluster}`
    default:
      return `Cluster ${cluster}: ${standing.phase}${why}`
  }
}

import type { Membership } from '../admission/membership.ts'

/** A topic of one cluster: `directory` for all, `workers` for one cloud's agent and the demand owners. */
export type Topic = { readonly name: 'directory' } | { readonly name: 'workers'; readonly cloud: string }

/** The topic on which a member publishes all its records; so what a worker receives does not grow with the workers. */
export function topicOf(member: Pick<Membership, 'role' | 'slot'>): Topic {
  return member.role === 'worker' ? { name: 'workers', cloud: member.slot.cloud } : { name: 'directory' }
}

/** The topic's name in gossipsub. */
export function topicName(cluster: string, topic: Topic): string {
  const base = `muster/1/${cluster}/${topic.name}`
  return topic.name === 'workers' ? `${base}/${topic.cloud}` : base
}

/** Whether both are one topic of a cluster. */
export function isSameTopic(left: Topic, right: Topic): boolean {
  if (left.name === 'workers') return right.name === 'workers' && left.cloud === right.cloud
  return right.name === 'directory'
}

/** The topics that a member subscribes to. @param clouds - names of all clouds of the cluster */
export function subscriptionsOf(
  member: Pick<Membership, 'role' | 'slot'>,
  clouds: readonly string[],
): readonly Topic[] {
  const directory: Topic = { name: 'directory' }
  const workersOf = (cloud: string): Topic => ({ name: 'workers', cloud })
  if (member.role === 'demand-owner') return [directory, ...clouds.map(workersOf)]
  if (member.role === 'cloud-agent') return [directory, workersOf(member.slot.cloud)]
  return [directory]
}

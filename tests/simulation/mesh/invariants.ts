import type { PeerId } from '@muster/mesh/admission/membership.ts'
import { DEFAULT_STORE_LIMITS } from '@muster/mesh/records/record-store.ts'
import { isSameTopic, topicOf } from '@muster/mesh/records/topics.ts'
import type { SimNode } from './machine.ts'
import type { World } from './world.ts'

/** What must hold at every moment: nothing grows without bound, and gossip takes nothing away that is there. */
export function problemsNow(world: World): readonly string[] {
  const problems: string[] = []
  for (const node of world.nodes.values()) {
    if (node.life !== 'up') continue
    const { member } = node
    const records = member.store.size()
    if (records > world.nodes.size * DEFAULT_STORE_LIMITS.maxPerOwner)
      problems.push(`${node.id} holds ${records} records`)
    for (const [peer, status] of member.statuses()) {
      const other = world.nodes.get(peer)
      if (other === undefined) problems.push(`${node.id} knows ${peer}, which never was`)
      if (status === 'left' && other?.hasLeft !== true) problems.push(`${node.id} says that ${peer} has left`)
    }
  }
  return [...problems, ...forgotten(world)]
}

function forgotten(world: World): readonly string[] {
  return world.notices.flatMap(({ observer, effect }) => {
    if (effect.type !== 'status-changed' || effect.to !== undefined) return []
    const [self, other] = [world.nodes.get(observer), world.nodes.get(effect.peer)]
    const isThere = self !== undefined && other?.life === 'up' && isFollowed(self, other)
    return isThere ? [`${observer} has forgotten ${effect.peer}`] : []
  })
}

/** What must hold some time after the last fault: all views agree with what is. */
export function problemsAtRest(world: World): readonly string[] {
  const problems: string[] = []
  for (const self of world.nodes.values()) {
    if (self.life !== 'up') continue
    for (const other of world.nodes.values()) if (other !== self) problems.push(...problemsAbout(self, other))
    problems.push(...problemsOfServices(world, self))
  }
  return problems
}

function isFollowed(self: SimNode, other: SimNode): boolean {
  const topic = topicOf(other.membership)
  return self.member.topics.some((one) => isSameTopic(one, topic))
}

function problemsAbout(self: SimNode, other: SimNode): readonly string[] {
  const status = self.member.statusOf(other.id)
  const view = `${self.id} sees ${other.id} as ${status ?? 'unknown'}, which is ${other.life}`
  if (other.life !== 'up') return isFollowed(self, other) && status === 'alive' ? [view] : []
  if (!isFollowed(self, other)) return status === 'gone' || status === 'left' ? [view] : []
  if (status !== 'alive') return [view]
  const presence = self.member.store.get(other.id, 'presence', '')
  if (presence?.record.bootId !== other.bootId) return [`${self.id} has no presence of ${other.id} as it is now`]
  return []
}

function problemsOfServices(world: World, self: SimNode): readonly string[] {
  const isUp = (peer: PeerId) => world.nodes.get(peer)?.life === 'up'
  const all = [...world.nodes.values()].filter((one) => one.membership.slot.service === 'proxy')
  // Whose place was filled anew is not used any more, even if its successor dies.
  const isSuperseded = ({ membership: { slot } }: SimNode) =>
    all.some(({ membership: other }) => other.slot.cloud === slot.cloud && other.slot.generation > slot.generation)
  const proxies = all.filter((one) => isUp(one.id) && !isSuperseded(one))
  if (proxies.length === 0) return []
  const [first] = self.member.resolve('proxy', world.times(self.id))
  if (first === undefined || !isUp(first.owner)) return [`${self.id} resolves proxy to ${first?.owner ?? 'nothing'}`]
  const isLocalUp = proxies.some((one) => one.membership.slot.cloud === self.membership.slot.cloud)
  const isLocal = first.cloud === self.membership.slot.cloud
  return isLocalUp && !isLocal ? [`${self.id} resolves proxy to ${first.owner} of another cloud`] : []
}

import type { Member } from '../member/member.ts'
import type { MemberEffect, MemberEvent } from '../member/messages.ts'
import type { SignedRecord } from '../records/record.ts'
import type { Offered } from '../records/record-store.ts'
import { type Topic, topicName } from '../records/topics.ts'
import { changed, type NodeCore, timesOf } from './core.ts'

/** Tells the member something and does what it wants done; nothing before there is one. */
export function tell(core: NodeCore, event: MemberEvent): void {
  const { member } = core
  if (member !== undefined) afterwards(core, member, member.handle(event, timesOf(core)))
}

/** Gives the member a record that was verified. */
export function give(core: NodeCore, member: Member, signed: SignedRecord, topic: Topic, isLive: boolean): Offered {
  const { kind, owner, subject, payload } = signed.record
  const before = member.store.get(owner, kind, subject)?.record.payload
  const { offered, effects } = member.take(signed, topic, isLive, timesOf(core))
  // What was said before and is only said again would fill the trace.
  if (offered.outcome === 'accepted' && JSON.stringify(before) !== JSON.stringify(payload)) {
    core.trace.add('record', subject === '' ? kind : `${kind} ${subject}`, { peer: owner, kind })
  }
  afterwards(core, member, effects)
  return offered
}

function afterwards(core: NodeCore, member: Member, effects: readonly MemberEffect[]): void {
  for (const effect of effects) perform(core, effect)
  core.alarm.hasten(member.wakeAt(timesOf(core)))
}

/** Does one thing that the member wants done. */
export function perform(core: NodeCore, effect: MemberEffect): void {
  const transport = core.link?.transport
  switch (effect.type) {
    case 'dial':
      core.counts.dials += 1
      transport?.dial(effect.peer, effect.addresses)
      return
    case 'hang-up':
      transport?.hangUp(effect.peer)
      return
    case 'request':
      transport?.request(effect.peer, effect.id, effect.body, effect.timeoutMs)
      return
    case 'answer':
      transport?.answer(effect.peer, effect.id, effect.body)
      return
    case 'publish':
      transport?.publish(topicName(core.parts.trust.cluster, effect.topic), effect.signed)
      return
    case 'sync':
      core.queue.add(effect.peer, 'all')
      return
    case 'persist':
      core.parts.keeping.saveRemembered(effect.peers).catch((error: unknown) => {
        core.parts.log.warn({ error }, 'Cannot keep the list of peers; a restart finds its cluster by its rendezvous')
      })
      return
    case 'answers-changed':
      core.trace.add('answers', describe(effect))
      core.listeners.answers.tell(effect.difference)
      changed(core)
      return
    default:
      notice(core, effect)
  }
}

type Notice = Extract<MemberEffect, { type: 'status-changed' | 'sick' | 'well' | 'thawed' }>

function notice(core: NodeCore, effect: Notice): void {
  switch (effect.type) {
    case 'status-changed': {
      const { peer, from, to } = effect
      if (to === 'suspect') core.counts.suspicions += 1
      if (from === 'suspect' && to === 'alive') core.counts.refutations += 1
      core.trace.add(to ?? 'forgotten', `was ${from ?? 'not known'}`, { peer })
      break
    }
    case 'sick':
      core.trace.add('sick', `${effect.lost} of ${effect.of} members in cloud ${effect.cloud} look lost`)
      core.parts.log.warn(
        { cloud: effect.cloud, lost: effect.lost, of: effect.of },
        'So many members look lost at once that this machine is probably cut off; nothing is concluded from it',
      )
      break
    case 'well':
      core.trace.add('well', `sees members in cloud ${effect.cloud} again`)
      break
    case 'thawed':
      core.trace.add('thawed', `stood still for ${Math.round(effect.frozenMs / 1000)} s`)
  }
  changed(core)
}

function describe({ difference }: Extract<MemberEffect, { type: 'answers-changed' }>): string {
  const { service, answers, added, removed, isFirstChanged } = difference
  const first = answers[0]
  const where = first === undefined ? 'nowhere' : `${first.address}, ${answers.length} in all`
  const counts = `${added.length} more, ${removed.length} fewer`
  return `${service}: ${isFirstChanged ? 'now at' : 'still at'} ${where} (${counts})`
}

import type { PeerId } from '../admission/membership.ts'
import type { TransportEvent } from '../network/transport.ts'
import { nextRefresh } from '../records/own-records.ts'
import type { SignedRecord } from '../records/record.ts'
import type { Offered } from '../records/record-store.ts'
import { isSameTopic, type Topic, topicOf } from '../records/topics.ts'
import { peersToName } from '../redial/named.ts'
import { isMissed, onMissed } from './comparing.ts'
import { type Core, publish, tellDirectory, tellRedial, tellWitness } from './core.ts'
import { learnFrom } from './learn.ts'
import { MAX_EXCHANGED_PEERS, type MemberEffect, type MeshAnswer, type MeshRequest, type Times } from './messages.ts'

/** Takes what happens on the network. */
export function takeTransport(
  core: Core,
  event: TransportEvent<MeshRequest, MeshAnswer, SignedRecord>,
  at: Times,
  effects: MemberEffect[],
): void {
  switch (event.type) {
    case 'connected':
      introduce(core, event.peer, at, effects)
      tellRedial(core, event, at, effects)
      tellWitness(core, event, at, effects)
      effects.push({ type: 'sync', peer: event.peer })
      askForPeers(core, event.peer, effects)
      return
    case 'disconnected':
      tellRedial(core, event, at, effects)
      tellWitness(core, event, at, effects)
      return
    case 'routed':
    case 'dial-failed':
      tellRedial(core, event, at, effects)
      return
    case 'discovered':
      tellRedial(core, { type: 'learned', peer: event.peer, addresses: event.addresses }, at, effects)
      return
    case 'requested':
      takeRequest(core, event.peer, event.id, event.body, at, effects)
      return
    case 'answered':
      takeAnswer(core, event.id, event.body, at, effects)
      return
    case 'request-failed':
      takeAnswer(core, event.id, undefined, at, effects)
      return
    case 'message': {
      const membership = core.parts.membershipOf(event.message.record.owner)
      if (membership !== undefined) takeRecord(core, event.message, topicOf(membership), true, at, effects)
      return
    }
  }
}

/** What was published before anybody listened is said again: to the first connection, and to each cloud agent. */
function introduce(core: Core, peer: PeerId, at: Times, effects: MemberEffect[]): void {
  const isAgent = core.parts.membershipOf(peer)?.role === 'cloud-agent'
  if (core.redial.connected.size > 0 && !isAgent) return
  core.own = nextRefresh(core.own, at.wall)
  publish(core, at, effects)
}

/** A member with too few connections asks whom it connects to whom else there is. */
function askForPeers(core: Core, peer: PeerId, effects: MemberEffect[]): void {
  if (core.redial.connected.size >= core.redial.options.target) return
  const id = core.requests.open({ type: 'peers' })
  effects.push({ type: 'request', peer, id, body: { type: 'peers' }, timeoutMs: core.witness.options.relayTimeoutMs })
}

function takeRequest(
  core: Core,
  peer: PeerId,
  id: number,
  body: MeshRequest,
  at: Times,
  effects: MemberEffect[],
): void {
  switch (body.type) {
    case 'probe':
      effects.push({ type: 'answer', peer, id, body: { type: 'here' } })
      if (body.suspected === undefined) return
      tellWitness(
        core,
        { type: 'suspected', witness: peer, peer: core.self, about: body.suspected, isLive: true },
        at,
        effects,
      )
      return
    case 'probe-through':
      tellWitness(core, { type: 'asked', asker: peer, token: id, peer: body.peer }, at, effects)
      return
    case 'peers': {
      // Of the asker's cloud only: workers of two clouds seldom reach each other, and need not.
      const cloud = core.parts.membershipOf(peer)?.slot.cloud
      const isNear = (one: PeerId) => one !== peer && core.parts.membershipOf(one)?.slot.cloud === cloud
      const peers = peersToName(core.redial, peer, MAX_EXCHANGED_PEERS, isNear)
      effects.push({ type: 'answer', peer, id, body: { type: 'peers', peers } })
    }
  }
}

function takeAnswer(core: Core, id: number, body: MeshAnswer | undefined, at: Times, effects: MemberEffect[]): void {
  const about = core.requests.close(id)
  if (about === undefined) return
  if (about.type === 'peers') {
    const peers = body?.type === 'peers' ? body.peers.slice(0, MAX_EXCHANGED_PEERS) : []
    for (const { peer, addresses } of peers) tellRedial(core, { type: 'learned', peer, addresses }, at, effects)
    return
  }
  const { peer, probe } = about
  if (about.type === 'probe') {
    tellWitness(core, { type: body?.type === 'here' ? 'probe-answered' : 'probe-failed', peer, probe }, at, effects)
    return
  }
  const isReachable = body?.type === 'reach' ? body.isReachable : undefined
  tellWitness(core, { type: 'relay-answered', peer, probe, isReachable }, at, effects)
}

/**
 * Takes a verified record: kept when it is new, and then told to whom it concerns. The only place where records of
 * others are stored.
 */
export function takeRecord(
  core: Core,
  signed: SignedRecord,
  topic: Topic,
  isLive: boolean,
  at: Times,
  effects: MemberEffect[],
): Offered {
  const { record } = signed
  // What it has said itself, maybe before it was started anew, it need not hear again.
  if (record.owner === core.self) return { outcome: 'duplicate' }
  const membership = core.parts.membershipOf(record.owner)
  if (membership === undefined) return { outcome: 'refused', cause: 'no-certificate' }
  const offered = core.store.offer(signed, topic, at.wall)
  if (offered.outcome !== 'accepted') return offered
  const isFollowed = core.topics.some((one) => isSameTopic(one, topic))
  if (!isLive && isFollowed && isMissed(record, at.wall)) {
    core.comparing = onMissed(core.comparing, core.self, at.monotonic)
  }
  const learned = learnFrom(record, membership, isFollowed, isLive)
  for (const event of learned.witness) tellWitness(core, event, at, effects)
  for (const event of learned.directory) tellDirectory(core, event, at)
  for (const event of learned.redial) tellRedial(core, event, at, effects)
  return offered
}

import type { PeerId } from '../admission/membership.ts'
import { refusal } from '../admission/refusals.ts'
import { MeshError } from '../fault.ts'
import { KeepingError } from '../keeping/keeping-error.ts'
import type { FrameProtocol, FrameStream, Streams } from '../network/streams.ts'
import type { SignedRecord } from '../records/record.ts'
import {
  nextSync,
  type SyncSource,
  type SyncStep,
  startCertificateRequest,
  startSnapshot,
  startSync,
} from '../records/sync-exchange.ts'
import {
  decodeSyncMessage,
  encodeSyncMessage,
  MAX_SYNC_BYTES,
  type News,
  type NewsDocument,
  type SyncMessage,
} from '../records/sync-messages.ts'
import { isSameTopic, subscriptionsOf, type Topic } from '../records/topics.ts'
import type { NodeCore } from './core.ts'
import {
  acceptDefinition,
  acceptRevocations,
  cloudsOf,
  documentsBeyond,
  markShown,
  newsFor,
  rosterOf,
} from './documents.ts'
import { admitCertificate, countRefusal, judgeRecord } from './judge.ts'
import { membershipOf } from './standing.ts'
import type { SyncScope } from './sync-queue.ts'

/** Comparing what two members know. */
export const SYNC_PROTOCOL: FrameProtocol = {
  name: '/muster/sync/1',
  maxFrameBytes: MAX_SYNC_BYTES,
  deadlineMs: 20_000,
  maxPerPeer: 4,
}
/** Messages of one side in one conversation: a snapshot of a full store. */
const MAX_MESSAGES = 256

/** Answers the exchanges that others open. */
export function serveSync(core: NodeCore, streams: Streams): void {
  streams.serve(SYNC_PROTOCOL, (stream) =>
    guarded(core, stream, async () => {
      const first = await receiveMessage(stream)
      if (first === undefined) return
      if (first.type === 'news') await answerNews(core, stream, first)
      else await converse(core, stream, nextSync({ phase: 'idle' }, first, sourceOf(core)))
    }),
  )
}

/** Compares with a peer. @throws {MeshError} unreachable, refused; or what the peer does not keep to */
export async function syncWith(core: NodeCore, streams: Streams, peer: PeerId, scope: SyncScope): Promise<void> {
  await exchangeNews(core, streams, peer, false)
  if (scope === 'news') return
  for (const topic of sharedTopics(core, peer)) {
    const source = sourceOf(core)
    const isEmpty = source.recordsOf(topic).every(({ record }) => record.owner === core.parts.identity.peer)
    await opened(core, streams, peer, (stream) =>
      converse(core, stream, isEmpty ? startSnapshot(topic) : startSync(topic, source)),
    )
  }
}

/** Asks a peer for certificates and admits what it answers. @throws {MeshError} as `syncWith` */
export async function fetchCertificates(
  core: NodeCore,
  streams: Streams,
  peer: PeerId,
  owners: readonly PeerId[],
): Promise<void> {
  await opened(core, streams, peer, (stream) => converse(core, stream, startCertificateRequest(owners)))
}

/**
 * Tells a peer what is new here, and hears what is new there. Once it resolves, the peer has what this node says.
 *
 * @param isWhole - as `newsFor`
 * @throws {MeshError} as `syncWith`
 */
export async function exchangeNews(core: NodeCore, streams: Streams, peer: PeerId, isWhole: boolean): Promise<void> {
  await opened(core, streams, peer, async (stream) => {
    await sendMessage(stream, { type: 'news', ...newsFor(core, peer, isWhole) })
    for (let count = 0; count < MAX_MESSAGES; count++) {
      const message = await receiveMessage(stream)
      if (message?.type === 'document') await takeDocument(core, message, peer)
      else if (message?.type === 'news') {
        await takeNews(core, message, peer)
        for (const each of documentsBeyond(core, message)) await sendMessage(stream, { type: 'document', ...each })
        await stream.close()
        // The other side closes once it has taken everything.
        await stream.receive()
        markShown(core, peer)
        return
      } else throw refusal('malformed', 'An exchange of news that ended early')
    }
    throw refusal('too-large', 'An exchange of news without an end')
  })
}

async function answerNews(core: NodeCore, stream: FrameStream, theirs: News): Promise<void> {
  await takeNews(core, theirs, stream.peer)
  for (const each of documentsBeyond(core, theirs)) await sendMessage(stream, { type: 'document', ...each })
  await sendMessage(stream, { type: 'news', ...newsFor(core, stream.peer, false) })
  for (let count = 0; count < MAX_MESSAGES; count++) {
    const message = await receiveMessage(stream)
    if (message === undefined) return markShown(core, stream.peer)
    if (message.type !== 'document') throw refusal('malformed', `The other side sent ${message.type} among documents`)
    await takeDocument(core, message, stream.peer)
  }
}

async function takeNews(core: NodeCore, news: News, peer: PeerId): Promise<void> {
  const known = rosterOf(core).certificateOf(peer)
  if (news.certificate !== undefined && news.certificate !== known) await admitCertificate(core, news.certificate, peer)
  for (const bytes of news.records) judgeRecord(core, bytes, { isAsked: true }, peer)
}

async function takeDocument(core: NodeCore, { kind, token }: NewsDocument, peer: PeerId): Promise<void> {
  try {
    await (kind === 'definition' ? acceptDefinition(core, token) : acceptRevocations(core, token))
  } catch (error) {
    if (!(error instanceof KeepingError)) return countRefusal(core, error, peer)
    core.parts.log.error({ error, kind }, 'Cannot keep a signed document of the cluster')
  }
}

/** Runs an exchange to its end. */
async function converse(core: NodeCore, stream: FrameStream, first: SyncStep): Promise<void> {
  let step = first
  for (let count = 0; count < MAX_MESSAGES; count++) {
    for (const message of step.send) await sendMessage(stream, message)
    for (const certificate of step.certificates) await admitCertificate(core, certificate, stream.peer)
    for (const bytes of step.records) judgeRecord(core, bytes, { isAsked: true }, stream.peer)
    if (step.state.phase === 'done') return stream.close()
    const message = await receiveMessage(stream)
    if (message === undefined) throw refusal('malformed', 'An exchange that ended early')
    step = nextSync(step.state, message, sourceOf(core))
  }
  throw refusal('too-large', 'An exchange without an end')
}

async function opened(
  core: NodeCore,
  streams: Streams,
  peer: PeerId,
  run: (stream: FrameStream) => Promise<void>,
): Promise<void> {
  const stream = await streams.open(peer, SYNC_PROTOCOL)
  await guarded(core, stream, () => run(stream))
}

/** A side that does not keep to the protocol is counted and hung up on. */
async function guarded(core: NodeCore, stream: FrameStream, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    stream.reset()
    if (error instanceof MeshError && error.code !== 'unreachable') countRefusal(core, error, stream.peer)
    throw error
  }
}

async function receiveMessage(stream: FrameStream): Promise<SyncMessage | undefined> {
  const frame = await stream.receive()
  return frame === undefined ? undefined : decodeSyncMessage(frame)
}

function sendMessage(stream: FrameStream, message: SyncMessage): Promise<void> {
  return stream.send(encodeSyncMessage(message))
}

function sourceOf(core: NodeCore): SyncSource {
  return {
    recordsOf: (topic) => recordsOf(core, topic),
    certificateOf: (peer) => core.roster?.certificateOf(peer),
  }
}

/** Records of members only: what a former one has said is passed on to nobody. */
function recordsOf(core: NodeCore, topic: Topic): readonly SignedRecord[] {
  const isMember = new Map<PeerId, boolean>()
  const found: SignedRecord[] = []
  for (const held of core.member?.store.all() ?? []) {
    if (!isSameTopic(held.topic, topic)) continue
    const { owner } = held.record
    const isKnown = isMember.get(owner) ?? membershipOf(core, owner) !== undefined
    isMember.set(owner, isKnown)
    if (isKnown) found.push(held)
  }
  return found
}

function sharedTopics(core: NodeCore, peer: PeerId): readonly Topic[] {
  const theirs = membershipOf(core, peer)
  if (theirs === undefined) return []
  const followed = subscriptionsOf(theirs, cloudsOf(rosterOf(core).definition()))
  return (core.member?.topics ?? []).filter((topic) => followed.some((one) => isSameTopic(one, topic)))
}

import type { Connection } from '@libp2p/interface'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { PeerId } from '../admission/membership.ts'
import { equalBytes } from '../encoding/cbor.ts'
import { MeshError } from '../fault.ts'
import type { AdmissionGate } from '../network/network-host.ts'
import { type Bucket, fullBucket, takeOne } from '../records/token-bucket.ts'
import { type ControlMessage, decodeControl, encodeControl } from './control-messages.ts'
import type { OpenFrameStream } from './frame-stream.ts'
import { createKeepAlive, type KeepAlive } from './keep-alive.ts'
import { CLOSE_TIMEOUT_MS, MAX_CLUSTERS_PER_PEER, MAX_GREETINGS_PER_MINUTE, MAX_WAITING_FRAMES } from './limits.ts'
import { isSameHello, NO_STANDING, type Outcome, outcomeOf, type Standing, shownNow } from './standing.ts'

const GREETINGS = { perSecond: MAX_GREETINGS_PER_MINUTE / 60, burst: MAX_GREETINGS_PER_MINUTE }

/** One connection, and where its two ends stand in each cluster. */
export interface Session {
  readonly peer: PeerId
  readonly connection: Connection
  /** Epoch milliseconds. */
  readonly openedAt: number
  readonly isRelayed: boolean
  rttMs(): number | undefined
  /** The peer has shown what this node accepts. */
  isAdmitted(cluster: string): boolean
  outcome(cluster: string): Outcome
  /** Whether both admit each other in any cluster. */
  isStanding(): boolean
  /** Shows what this node is in a cluster; nothing while it is no member. */
  greet(cluster: string): void
  /** Admission has changed. */
  recheck(cluster: string): Promise<void>
  /** Ends this node's part in a cluster on this connection. */
  leave(cluster: string): void
  /** Takes the control stream; false when there is one already. */
  begin(frames: OpenFrameStream): boolean
  /** Whether an end meant to close. */
  isAsked(): boolean
  /** Whether the other end is another start of the same process than `other`'s. */
  isOtherProcess(other: Session): boolean
  process(): Uint8Array | undefined
  /** Closes in good order. */
  hangUp(): Promise<void>
  /** Cuts the connection. */
  cut(reason: string): void
  /** The connection has closed: timers end. Resolves when all that the other side had said before was heard. */
  ended(): Promise<void>
}

/** What a session stands on. */
export interface SessionParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Of this start of this process. */
  readonly process: Uint8Array
  readonly clusters: () => Iterable<string>
  readonly gateOf: (cluster: string) => AdmissionGate | undefined
  /** The other end has begun to speak. */
  readonly started: (session: Session) => void
  /** Where the two stand in a cluster has changed; `isAsked` when an end meant to end it. */
  readonly changed: (session: Session, cluster: string, isAsked: boolean) => void
}

interface Inside {
  readonly session: () => Session
  readonly peer: PeerId
  readonly parts: SessionParts
  readonly standings: Map<string, Standing>
  readonly keepAlive: KeepAlive
  readonly ending: AbortController
  frames: OpenFrameStream | undefined
  conversation: Promise<void> | undefined
  closing: Promise<void> | undefined
  waiting: number
  greetings: Bucket
  process: Uint8Array | undefined
  isAsked: boolean
}

/** @param connection - just opened */
export function createSession(connection: Connection, parts: SessionParts): Session {
  const { clock, random } = parts
  const peer = connection.remotePeer.toString()
  const inside: Inside = {
    session: () => session,
    peer,
    parts,
    standings: new Map(),
    keepAlive: createKeepAlive({ clock, random, ping: (number) => say(inside, { type: 'ping', number }) }),
    ending: new AbortController(),
    frames: undefined,
    conversation: undefined,
    closing: undefined,
    waiting: 0,
    greetings: fullBucket(GREETINGS, clock.monotonic()),
    process: undefined,
    isAsked: false,
  }
  const cut = (reason: string) => connection.abort(new MeshError('unreachable', reason))
  const session: Session = {
    peer,
    connection,
    openedAt: clock.now(),
    isRelayed: !connection.direct,
    rttMs: inside.keepAlive.rttMs,
    isAdmitted: (cluster) => standingOf(inside, cluster).isAdmitted === true,
    outcome: (cluster) => outcomeOf(standingOf(inside, cluster)),
    isStanding: () => [...inside.standings.values()].some((one) => outcomeOf(one) === 'standing'),
    greet: (cluster) => greet(inside, cluster),
    recheck: (cluster) => recheck(inside, cluster),
    leave(cluster) {
      if (!inside.standings.delete(cluster)) return
      say(inside, { type: 'leave', cluster })
      parts.changed(session, cluster, true)
    },
    begin(frames) {
      if (inside.frames !== undefined) return false
      inside.frames = frames
      inside.conversation = converse(inside, frames, cut)
      return true
    },
    isAsked: () => inside.isAsked,
    process: () => inside.process,
    isOtherProcess(other) {
      const [mine, theirs] = [inside.process, other.process()]
      return mine !== undefined && theirs !== undefined && !equalBytes(mine, theirs)
    },
    hangUp() {
      // Once only: closing anew what is about to close breaks it off, and the goodbye is lost.
      inside.closing ??= sayGoodbye(inside, connection)
      return inside.closing
    },
    cut,
    async ended() {
      inside.ending.abort()
      await inside.conversation
    },
  }
  return session
}

async function sayGoodbye(inside: Inside, connection: Connection): Promise<void> {
  const { clock } = inside.parts
  inside.isAsked = true
  say(inside, { type: 'bye' })
  const late = new AbortController()
  clock.sleep(CLOSE_TIMEOUT_MS, late.signal).then(
    () => connection.abort(new MeshError('unreachable', 'Closing took too long')),
    () => undefined,
  )
  await connection.close().catch((error: Error) => connection.abort(error))
  late.abort()
}

function standingOf(inside: Inside, cluster: string): Standing {
  return inside.standings.get(cluster) ?? NO_STANDING
}

/** Sends a control frame; who does not read is cut off, so what waits is bounded. */
function say(inside: Inside, message: ControlMessage): void {
  const { frames } = inside
  if (frames === undefined) return
  inside.waiting += 1
  if (inside.waiting > MAX_WAITING_FRAMES) {
    frames.reset()
    return
  }
  frames.send(encodeControl(message)).then(
    () => {
      inside.waiting -= 1
    },
    () => undefined,
  )
}

/** Speaks on the control stream until it ends; the connection ends with it. */
async function converse(inside: Inside, frames: OpenFrameStream, cut: (reason: string) => void): Promise<void> {
  const { parts, keepAlive, ending } = inside
  say(inside, { type: 'start', process: parts.process })
  for (const cluster of parts.clusters()) greet(inside, cluster)
  void keepAlive.run(ending.signal).then((isAborted) => {
    if (!isAborted) cut('No answer to a ping')
  })
  try {
    for (let frame = await frames.receive(); frame !== undefined; frame = await frames.receive()) {
      keepAlive.heard()
      await take(inside, decodeControl(frame))
    }
    if (!inside.isAsked) cut('The other side has closed the control stream')
  } catch (error) {
    parts.log.debug({ peer: inside.peer, error }, 'control stream ended')
    cut('The control stream broke')
  }
}

async function take(inside: Inside, message: ControlMessage): Promise<void> {
  const { parts, standings } = inside
  switch (message.type) {
    case 'start':
      inside.process = message.process
      parts.started(inside.session())
      return
    case 'greet': {
      const { type: _, cluster, ...hello } = message
      const next = takeOne(inside.greetings, GREETINGS, parts.clock.monotonic())
      if (next === undefined) throw new MeshError('refused', 'Too many greetings')
      inside.greetings = next
      if (parts.gateOf(cluster) === undefined) return say(inside, { type: 'unknown', cluster })
      if (standings.size >= MAX_CLUSTERS_PER_PEER && !standings.has(cluster)) {
        throw new MeshError('refused', 'Too many clusters')
      }
      standings.set(cluster, { ...standingOf(inside, cluster), heard: hello })
      await judge(inside, cluster)
      // It has joined the cluster after it was greeted.
      if (standingOf(inside, cluster).verdict === 'unknown') greet(inside, cluster)
      return
    }
    case 'welcome':
    case 'refused':
    case 'unknown':
      if (standingOf(inside, message.cluster).shown === undefined) return
      return change(inside, message.cluster, { verdict: message.type }, true)
    case 'leave':
      if (!standings.has(message.cluster)) return
      return change(inside, message.cluster, { verdict: 'unknown', heard: undefined, isAdmitted: undefined }, true)
    case 'ping':
      return say(inside, { type: 'pong', number: message.number })
    case 'pong':
      return inside.keepAlive.ponged(message.number)
    case 'bye':
      inside.isAsked = true
  }
}

function greet(inside: Inside, cluster: string): void {
  const hello = inside.parts.gateOf(cluster)?.hello()
  if (hello === undefined || inside.frames === undefined) return
  inside.standings.set(cluster, shownNow(standingOf(inside, cluster), hello))
  say(inside, { type: 'greet', cluster, ...hello })
}

/** Decides about what the other side has shown, and tells it. */
async function judge(inside: Inside, cluster: string): Promise<void> {
  const { parts, peer } = inside
  const { heard } = standingOf(inside, cluster)
  const gate = parts.gateOf(cluster)
  if (heard === undefined || gate === undefined) return
  const isAdmitted = await gate.admit(peer, heard).then(
    () => gate.isAdmitted(peer),
    (error: unknown) => {
      parts.log.debug({ peer, cluster, error }, 'peer is not admitted')
      return false
    },
  )
  // Meanwhile it may have left, or the cluster was detached.
  if (standingOf(inside, cluster).heard !== heard || parts.gateOf(cluster) !== gate) return
  // First what the other side hears, then what follows from it here, so that streams come after the welcome.
  say(inside, { type: isAdmitted ? 'welcome' : 'refused', cluster })
  change(inside, cluster, { isAdmitted }, !isAdmitted)
}

async function recheck(inside: Inside, cluster: string): Promise<void> {
  const gate = inside.parts.gateOf(cluster)
  if (gate === undefined) return
  const { shown, verdict, isAdmitted } = standingOf(inside, cluster)
  if (verdict !== 'welcome' || !isSameHello(shown, gate.hello())) greet(inside, cluster)
  if (isAdmitted === true && !gate.isAdmitted(inside.peer)) {
    say(inside, { type: 'refused', cluster })
    change(inside, cluster, { isAdmitted: false }, true)
  } else if (isAdmitted === false) await judge(inside, cluster)
}

function change(inside: Inside, cluster: string, by: Partial<Standing>, isAsked: boolean): void {
  inside.standings.set(cluster, { ...standingOf(inside, cluster), ...by })
  inside.parts.changed(inside.session(), cluster, isAsked)
}

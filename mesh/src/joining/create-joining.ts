import type { Secret } from '@muster/contexts/secret.ts'
import type { Clock } from '@muster/runtime/clock.ts'
import type { Log } from '@muster/runtime/log.ts'
import type { Random } from '@muster/runtime/random.ts'
import type { ServiceScope } from '@muster/runtime/service.ts'
import { newerDefinition, type SignedDefinition } from '../admission/definition.ts'
import type { Joined } from '../admission/join.ts'
import { MeshError } from '../fault.ts'
import { KeepingError } from '../keeping/keeping-error.ts'
import type { MeshKeeping } from '../keeping/mesh-keeping.ts'
import { type AskParts, askIssuer, type JoinRight } from './ask-issuer.ts'
import { issuersFor } from './issuers.ts'
import type { Credentials, IssuerAddress, Joining } from './joining.ts'
import {
  type JoiningEffect,
  type JoiningEvent,
  type JoiningState,
  type JoiningStep,
  joiningDueAt,
  nextJoining,
  startJoining,
} from './next.ts'
import { phaseOf } from './phase.ts'
import { mergeRevocations, restoreCredentials } from './restore.ts'

/** The wall clock may jump: no sleep is longer before it is looked at again. */
const LONGEST_SLEEP_MS = 60_000

/** What joining stands on. */
export interface JoiningParts extends AskParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly keeping: Pick<MeshKeeping, 'documents' | 'saveDocuments' | 'token' | 'isTokenUsed' | 'forgetToken'>
  /** Who admits this machine, at its addresses. */
  readonly issuer: IssuerAddress
  /** The token that the machine was given, whether it was used or not. @default the one in `keeping` */
  readonly token?: Secret
}

/** All that changes while joining. */
interface Situation {
  state: JoiningState
  /** What is to be asked now. */
  asking: JoiningEffect | undefined
  credentials: Credentials | undefined
  /** The newest that is known; older ones of issuers are not taken. */
  definition: SignedDefinition | undefined
  /** Issuers that were asked since the last answer; the next one is asked next time. */
  tries: number
}

/**
 * Joining that goes on from what was kept: a certificate that is still valid makes a member at once, without the network.
 *
 * Whatever an issuer grants is on disk before it is told here; then the token's characters are removed.
 */
export async function createJoining(parts: JoiningParts): Promise<Joining> {
  const { clock, random, identity, trust, log, keeping } = parts
  const context = { trust, self: identity.peer, now: clock.now(), log }
  const restored = await restoreCredentials(keeping.documents(), context)
  const credentials = restored.outcome === 'restored' ? restored.credentials : undefined
  const cause = restored.outcome === 'restored' ? {} : { cause: restored.cause }
  const token = parts.token ?? keeping.token()
  // Without a certificate a used token is shown again: the issuer repeats its answer to the same key for a while.
  const hasToken = token !== undefined && (credentials === undefined || !keeping.isTokenUsed(token))
  const start = { term: credentials?.membership, hasToken, ...cause }
  const { state, effects } = startJoining(start, clock.now(), random.fraction())
  const definition = restored.outcome === 'restored' ? restored.credentials.definition : restored.definition
  const situation: Situation = { state, asking: effects[0], credentials, definition, tries: 0 }
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of [...listeners]) listener()
  }
  return {
    phase: () => phaseOf(situation.state),
    credentials: () => situation.credentials,
    acceptDefinition(offered) {
      situation.definition = newerOf(situation.definition, offered)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    service: { name: 'joining', run: (scope) => runJoining(parts, token, situation, tell, scope) },
  }
}

async function runJoining(
  parts: JoiningParts,
  token: Secret | undefined,
  situation: Situation,
  tell: () => void,
  { signal, ready }: ServiceScope,
): Promise<void> {
  const { clock, random, log } = parts
  ready()
  const take = (event: JoiningEvent) => {
    const before = phaseOf(situation.state)
    const step: JoiningStep = nextJoining(situation.state, event, clock.now(), random.fraction())
    situation.state = step.state
    situation.asking = step.effects[0]
    const after = phaseOf(situation.state)
    const isTroubleNew = after.trouble !== undefined && before.trouble !== after.trouble
    if (isTroubleNew) log.warn({ trouble: after.trouble, phase: after.phase }, 'Joining is in trouble')
    if (event.type === 'admitted') log.info({ cluster: parts.trust.cluster }, 'A certificate was granted and kept')
    if (event.type === 'admitted' || before.phase !== after.phase || before.trouble !== after.trouble) tell()
  }
  try {
    while (!signal.aborted) {
      if (situation.asking !== undefined) {
        take(await ask(parts, token, situation, situation.asking, signal))
        continue
      }
      const waitMs = joiningDueAt(situation.state) - clock.now()
      if (waitMs > 0) await clock.sleep(Math.min(waitMs, LONGEST_SLEEP_MS), signal)
      take({ type: 'time' })
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function ask(
  parts: JoiningParts,
  token: Secret | undefined,
  situation: Situation,
  effect: JoiningEffect,
  signal: AbortSignal,
): Promise<JoiningEvent> {
  const right = rightFor(effect, token, situation)
  const issuers =
    effect === 'join' ? [parts.issuer] : issuersFor(parts.issuer, situation.credentials, situation.definition)
  const issuer = issuers[situation.tries % issuers.length]
  if (right === undefined || issuer === undefined) return { type: 'refused', cause: 'no-certificate' }
  const result = await askIssuer(issuer, right, parts, signal)
  situation.tries = result.type === 'failed' ? situation.tries + 1 : 0
  return result.type === 'joined' ? hold(parts, token, situation, result.joined) : result
}

function rightFor(effect: JoiningEffect, token: Secret | undefined, situation: Situation): JoinRight | undefined {
  if (effect === 'join') return token === undefined ? undefined : { kind: 'join', token }
  return situation.credentials === undefined
    ? undefined
    : { kind: 'renew', certificate: situation.credentials.certificate }
}

/** Writes down what was granted, and only then goes by it. */
async function hold(
  parts: JoiningParts,
  token: Secret | undefined,
  situation: Situation,
  joined: Joined,
): Promise<JoiningEvent> {
  const { membership, certificate } = joined
  try {
    const definition = newerOf(situation.definition, joined.definition)
    const known = parts.keeping.documents().revocations
    const revocations = await mergeRevocations(joined.revocations, known, definition)
    const lists = [...revocations.values()].map((list) => list.token)
    await parts.keeping.saveDocuments({ certificate, definition: definition.token, revocations: lists })
    if (token !== undefined) await parts.keeping.forgetToken(token)
    situation.definition = definition
    situation.credentials = { membership, certificate, definition, revocations }
    return { type: 'admitted', term: membership }
  } catch (error) {
    if (!(error instanceof KeepingError) && !(error instanceof MeshError)) throw error
    parts.log.error({ error }, 'A certificate was granted, but cannot be kept')
    return { type: 'failed', trouble: `${error.message}. ${error.hint ?? ''}`.trim() }
  }
}

function newerOf(known: SignedDefinition | undefined, offered: SignedDefinition): SignedDefinition {
  if (known === undefined || offered.version > known.version) return offered
  // The same version with another content is an error that people have to see; an older one is only late.
  return offered.version === known.version ? newerDefinition(known, offered) : known
}

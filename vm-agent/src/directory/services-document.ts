import { Timestamp } from '@muster/contexts/wire/common.ts'
import type { ServiceList } from '@muster/mesh/directory/render.ts'
import type { Answer } from '@muster/mesh/directory/resolve.ts'
import { isoTime } from '@muster/runtime/iso-time.ts'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

/** Most services and answers that are written out; more is cut, and the document says so. */
const MAX_SERVICES = 256
const MAX_ANSWERS = 16

const ShownAnswer = Type.Object({
  owner: Type.String(),
  cloud: Type.String(),
  address: Type.String(),
  ports: Type.Array(Type.Object({ name: Type.String(), port: Type.Integer() })),
  health: Type.Union([Type.Literal('unknown'), Type.Literal('passing'), Type.Literal('failing')]),
  status: Type.Union([Type.Literal('alive'), Type.Literal('suspect'), Type.Literal('gone'), Type.Literal('left')]),
  isDemoted: Type.Boolean(),
  changedAt: Timestamp,
})
const ShownService = Type.Object({ service: Type.String(), answers: Type.Array(ShownAnswer) })
const ServicesDocument = Type.Object({
  version: Type.Literal(1),
  cluster: Type.String(),
  /** Counts up with each change. */
  generation: Type.Integer({ minimum: 1 }),
  /** The agent does not follow the cluster now: this is the last it knew. */
  isStale: Type.Boolean(),
  isCut: Type.Boolean(),
  changedAt: Timestamp,
  services: Type.Array(ShownService),
})

/** `services.json`: all services of a cluster, the answers of each best first. */
export type ServicesDocument = Static<typeof ServicesDocument>

/** What the agent sees of its cluster now. */
export interface SeenServices {
  readonly cluster: string
  readonly services: ServiceList
  /** Whether it follows the cluster now. */
  readonly isFollowing: boolean
  /** Whether it has known any service since it started: if not, that it knows none means nothing. */
  readonly hasKnownAny: boolean
}

/**
 * The document after a look at the cluster; the same object when nothing has changed, so that it need not be written.
 * In place of ages, which change all the time, it says since when each answer is as it is. What was known stays, as
 * stale, while the agent does not follow the cluster, and after a start until it knows any service.
 *
 * @param now - epoch milliseconds
 */
export function nextServicesDocument(
  previous: ServicesDocument | undefined,
  seen: SeenServices,
  now: number,
): ServicesDocument {
  const known = previous?.cluster === seen.cluster ? previous : undefined
  const isKept = known !== undefined && !(seen.isFollowing && seen.hasKnownAny)
  const content = {
    cluster: seen.cluster,
    isStale: !seen.isFollowing || isKept,
    isCut: isKept ? known.isCut : isCut(seen.services),
    services: isKept ? known.services : shownServices(seen.services, known, now),
  }
  if (previous !== undefined && isSameContent(previous, content)) return previous
  const generation = (previous?.generation ?? 0) + 1
  return { version: 1, generation, changedAt: isoTime(now), ...content }
}

/** The document as text: one service per line. */
export function encodeServicesDocument(document: ServicesDocument): string {
  const { version, cluster, generation, isStale, isCut: cut, changedAt, services } = document
  const head = JSON.stringify({ version, cluster, generation, isStale, isCut: cut, changedAt }).slice(0, -1)
  const rows = services.map((service) => `  ${JSON.stringify(service)}`).join(',\n')
  return `${head},"services":[${rows === '' ? '' : `\n${rows}\n`}]}\n`
}

/** The document that an earlier run has written; undefined for anything else. */
export function decodeServicesDocument(text: string): ServicesDocument | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Value.Check(ServicesDocument, value) ? value : undefined
  } catch {
    // Not JSON: somebody else's file, which is replaced.
    return undefined
  }
}

function isCut(services: ServiceList): boolean {
  return services.length > MAX_SERVICES || services.some(({ answers }) => answers.length > MAX_ANSWERS)
}

function shownServices(services: ServiceList, known: ServicesDocument | undefined, now: number) {
  const before = new Map(known?.services.map(({ service, answers }) => [service, answers]))
  return services.slice(0, MAX_SERVICES).map(({ service, answers }) => ({
    service,
    answers: answers.slice(0, MAX_ANSWERS).map((answer) => {
      const shown = { ...shownAnswer(answer), changedAt: isoTime(now) }
      const old = before.get(service)?.find(({ owner }) => owner === answer.owner)
      return old !== undefined && isSameContent(old, shown) ? old : shown
    }),
  }))
}

function shownAnswer({ owner, cloud, address, ports, health, status, isDemoted }: Answer) {
  return { owner, cloud, address, ports: ports.map(({ name, port }) => ({ name, port })), health, status, isDemoted }
}

function isSameContent(left: object, right: object): boolean {
  const ignored = { version: undefined, generation: undefined, changedAt: undefined }
  return Value.Equal({ ...left, ...ignored }, { ...right, ...ignored })
}

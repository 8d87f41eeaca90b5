import { isIP } from 'node:net'
import type { Answer } from '@muster/mesh/directory/resolve.ts'
import type { Mesh } from '@muster/mesh/node/mesh.ts'
import type { Answer as DnsRecord, Question } from 'dns-packet'

/** Names below this one are answered, and no others. */
export const ZONE = 'service.muster'
/** How long a resolver may keep an answer: so late does a program learn that a service has moved. */
export const ANSWER_TTL_SECONDS = 5
/** How long it may keep that there is none; short, since whoever asks for a service waits for it to come. */
const NEGATIVE_TTL_SECONDS = 2
/** Instances in one answer. */
const MAX_ANSWERS = 8
/** Below this one each machine with a service has a name, because the target of an SRV record must be a name. */
const MACHINES = ['ip', 'addr'] as const
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** What the zone is made of. */
export type ServiceLookup = Pick<Mesh, 'resolve' | 'services' | 'phase'>

/**
 * `found` · `no-data` the name exists, with nothing of this type · `no-name` it does not exist · `not-ours` outside the
 * zone, or a type that is not given away · `not-yet` this machine is not a member yet and knows nothing of the cluster
 */
export type ZoneReply =
  | { readonly outcome: 'found'; readonly answers: readonly DnsRecord[]; readonly additionals: readonly DnsRecord[] }
  | { readonly outcome: 'no-data' | 'no-name' | 'not-ours' | 'not-yet' }

const NO_DATA: ZoneReply = { outcome: 'no-data' }
const NO_NAME: ZoneReply = { outcome: 'no-name' }
const NOT_OURS: ZoneReply = { outcome: 'not-ours' }
const NOT_YET: ZoneReply = { outcome: 'not-yet' }

/** Start of authority: what a resolver reads from it is how long it may keep a negative answer. */
export const START_OF_AUTHORITY: DnsRecord = {
  type: 'SOA',
  name: ZONE,
  ttl: NEGATIVE_TTL_SECONDS,
  data: {
    mname: `agent.${ZONE}`,
    rname: `hostmaster.${ZONE}`,
    serial: 1,
    refresh: 60,
    retry: 10,
    expire: 300,
    minimum: NEGATIVE_TTL_SECONDS,
  },
}

/**
 * Answers a question about services.
 *
 * Names: `NAME`, `NAME.CLOUD`, `_PORT._tcp.NAME` and `_PORT._tcp.NAME.CLOUD` below the zone. Address records are those
 * of the best instances only: of the first and of those that are as good as it (same state, health and cloud), in the
 * order of the directory. Resolvers shuffle addresses, and among these every order is right. SRV records name all
 * instances, with the place in the ranking as priority. Records carry the name as it was asked, letter for letter.
 */
export function answerQuestion(lookup: ServiceLookup, question: Question): ZoneReply {
  const labels = labelsInZone(question.name)
  if (labels === undefined || question.type === 'AXFR' || question.type === 'IXFR') return NOT_OURS
  // Programs try again later after this answer; that there is no such service would be their last word.
  if (lookup.phase().phase !== 'member' && lookup.services().length === 0) return NOT_YET
  if (labels.length === 0) return wants(question, 'SOA') ? found([START_OF_AUTHORITY]) : NO_DATA
  if (labels.length === 3 && labels[1] === MACHINES[0] && labels[2] === MACHINES[1]) {
    return answerMachine(lookup, question, labels[0] ?? '')
  }
  const [first = '', second] = labels
  const isPort = second === '_tcp' && first.startsWith('_')
  const isProtocol = first === '_tcp'
  const instances = instancesOf(lookup, labels.slice(isPort ? 2 : Number(isProtocol)))
  if (instances.length === 0) return isInnerName(lookup, labels) ? NO_DATA : NO_NAME
  if (isProtocol) return NO_DATA
  return isPort ? answerPort(question, instances, first.slice(1)) : answerService(question, instances)
}

/** The labels of a name before the zone, in small letters; undefined for a name outside of it. */
function labelsInZone(name: string): readonly string[] | undefined {
  const lower = name.toLowerCase().replace(/\.$/, '')
  if (lower === ZONE) return []
  return lower.endsWith(`.${ZONE}`) ? lower.slice(0, -ZONE.length - 1).split('.') : undefined
}

function instancesOf(lookup: ServiceLookup, [service = '', cloud, ...more]: readonly string[]): readonly Answer[] {
  if (service === '' || more.length > 0) return []
  return lookup
    .resolve(service)
    .filter((answer) => (cloud === undefined || answer.cloud === cloud) && targetOf(answer) !== undefined)
}

/** Whether there are names below this one, so that it exists although nothing stands at it (RFC 8020). */
function isInnerName(lookup: ServiceLookup, labels: readonly string[]): boolean {
  const name = labels.join('.')
  if (name === MACHINES[1] || name === MACHINES.join('.')) return true
  return labels.length === 1 && everyAnswer(lookup).some(({ cloud }) => cloud === name)
}

function everyAnswer(lookup: ServiceLookup): readonly Answer[] {
  return lookup.services().flatMap((service) => lookup.resolve(service))
}

function answerService(question: Question, instances: readonly Answer[]): ZoneReply {
  if (question.type === 'SRV') {
    return answerPlaces(
      question,
      instances.flatMap((answer) => answer.ports.map(({ port }) => ({ answer, port }))),
    )
  }
  const best = bestClass(instances)
  const [first] = best
  // A name with CNAME may have nothing else, so an instance with a host name stands alone.
  if (first !== undefined && isIP(first.address) === 0) {
    const { name } = question
    const isAsked = wants(question, 'A') || wants(question, 'AAAA') || wants(question, 'CNAME')
    return isAsked ? found([{ type: 'CNAME', name, ttl: ANSWER_TTL_SECONDS, data: first.address }]) : NO_DATA
  }
  const addresses = [...new Set(best.map(({ address }) => address))]
  return foundOrNoData(addresses.flatMap((address) => addressRecord(question.name, address, question.type)))
}

function answerPort(question: Question, instances: readonly Answer[], name: string): ZoneReply {
  const places = instances.flatMap((answer) =>
    answer.ports.filter((one) => one.name === name).map(({ port }) => ({ answer, port })),
  )
  if (places.length === 0) return NO_NAME
  return wants(question, 'SRV') ? answerPlaces(question, places) : NO_DATA
}

function answerPlaces(
  { name }: Question,
  places: readonly { readonly answer: Answer; readonly port: number }[],
): ZoneReply {
  const shown = places.slice(0, MAX_ANSWERS)
  const answers = shown.map(({ answer, port }, index): DnsRecord => {
    const data = { priority: index + 1, weight: 1, port, target: targetOf(answer) ?? '' }
    return { type: 'SRV', name, ttl: ANSWER_TTL_SECONDS, data }
  })
  const targets = new Map(shown.map(({ answer }) => [targetOf(answer) ?? '', answer.address]))
  const additionals = [...targets].flatMap(([target, address]) => addressRecord(target, address, 'ANY'))
  return answers.length === 0 ? NO_DATA : found(answers, additionals)
}

/** Only addresses that the directory names: a name for each address there is would let web pages reach any of them. */
function answerMachine(lookup: ServiceLookup, question: Question, label: string): ZoneReply {
  const known = everyAnswer(lookup).find(({ address }) => isIP(address) !== 0 && machineLabel(address) === label)
  if (known === undefined) return NO_NAME
  return foundOrNoData(addressRecord(question.name, known.address, question.type))
}

/** The first and those that are as good as it. */
function bestClass(instances: readonly Answer[]): readonly Answer[] {
  const [first] = instances
  if (first === undefined) return []
  const isHost = isIP(first.address) === 0
  const asGood = instances.filter(
    (one) =>
      one.status === first.status &&
      one.health === first.health &&
      one.isDemoted === first.isDemoted &&
      one.cloud === first.cloud &&
      (isIP(one.address) === 0) === isHost,
  )
  return asGood.slice(0, isHost ? 1 : MAX_ANSWERS)
}

function addressRecord(name: string, address: string, asked: string): readonly DnsRecord[] {
  const type = { 0: undefined, 4: 'A', 6: 'AAAA' } as const
  const own = type[isIP(address) as 0 | 4 | 6]
  if (own === undefined || (asked !== own && asked !== 'ANY')) return []
  return [{ type: own, name, ttl: ANSWER_TTL_SECONDS, data: address }]
}

/** The host name of an instance: its own one, or one made of its address; undefined when it has none that can be used. */
function targetOf({ address }: Answer): string | undefined {
  if (isIP(address) !== 0)
    return address.includes('%') ? undefined : `${machineLabel(address)}.${MACHINES.join('.')}.${ZONE}`
  return HOST_NAME.test(address) ? address : undefined
}

/** `10-0-0-1` and `fd00--1`; a label neither begins nor ends with `-`. */
function machineLabel(address: string): string {
  return address.toLowerCase().replace(/[.:]/g, '-').replace(/^-/, '0-').replace(/-$/, '-0')
}

function wants({ type }: { readonly type: string }, own: string): boolean {
  return type === own || type === 'ANY'
}

function found(answers: readonly DnsRecord[], additionals: readonly DnsRecord[] = []): ZoneReply {
  return { outcome: 'found', answers, additionals }
}

function foundOrNoData(answers: readonly DnsRecord[]): ZoneReply {
  return answers.length === 0 ? NO_DATA : found(answers)
}

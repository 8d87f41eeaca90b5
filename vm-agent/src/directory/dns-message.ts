import { type Answer as DnsRecord, decode, encode, type OptAnswer, type Packet, type Question } from 'dns-packet'
import { answerQuestion, type ServiceLookup, START_OF_AUTHORITY, type ZoneReply } from './dns-zone.ts'

/** Longer queries are not looked at. */
export const MAX_QUERY_BYTES = 4_096
/** Datagrams without EDNS are at most so long (RFC 1035). */
const PLAIN_DATAGRAM_BYTES = 512
/** Longest datagram whatever the other side can take: the size that is never fragmented (DNS flag day 2020). */
const MAX_DATAGRAM_BYTES = 1_232
const MAX_STREAM_BYTES = 65_535
const HEADER_BYTES = 12
const TYPE_AND_CLASS_BYTES = 4

const RESPONSE_BIT = 0x80
const AUTHORITATIVE = 1 << 10
const TRUNCATED = 1 << 9
/** Recursion desired and checking disabled: the bits of the question that the answer repeats. */
const REPEATED_FLAGS = (1 << 8) | (1 << 4)

const RCODE = { noError: 0, formatError: 1, serverFailure: 2, noName: 3, notImplemented: 4, refused: 5 } as const
/** Extended code BADVERS is 16: its upper bits stand in the OPT record, the lower ones are 0. */
const BAD_VERSION_UPPER = 1

/** How a query came. */
export type DnsCarrier = 'udp' | 'tcp'

/**
 * The answer to a DNS message; undefined for what gets none: rubble, and answers, which would go to and fro for ever.
 * Never throws, whatever the bytes are.
 */
export function answerDnsMessage(
  bytes: Uint8Array,
  lookup: ServiceLookup,
  carrier: DnsCarrier,
): Uint8Array | undefined {
  const query = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (query.length < HEADER_BYTES || query.length > MAX_QUERY_BYTES) return undefined
  const [upperFlags = RESPONSE_BIT] = query.subarray(2)
  if ((upperFlags & RESPONSE_BIT) !== 0) return undefined
  if (((upperFlags >> 3) & 0xf) !== 0) return bareReply(query, RCODE.notImplemented)
  const packet = decodeQuery(query)
  if (packet === undefined) return bareReply(query, RCODE.formatError)
  const reply = encodeReply(packet, lookup, carrier)
  // The library knows no class but the common ones and would write another: the question goes back as it came.
  reply.set(packet.asked, HEADER_BYTES)
  return reply
}

interface Query {
  readonly id: number
  readonly flags: number
  readonly question: Question
  readonly opt: OptAnswer | undefined
  /** The question's bytes. */
  readonly asked: Uint8Array
}

/** A query with one question and at most one OPT record, or undefined. */
function decodeQuery(bytes: Buffer): Query | undefined {
  try {
    const { id = 0, flags = 0, questions = [], additionals = [] } = decode(bytes)
    const [question, ...others] = questions
    const opts = additionals.filter((record) => record.type === 'OPT')
    if (question === undefined || others.length > 0 || opts.length > 1) return undefined
    const asked = bytesOfQuestion(bytes, question)
    return asked === undefined ? undefined : { id, flags, question, opt: opts[0], asked }
  } catch {
    // The decoder throws for whatever is no DNS message; there is nothing else to learn from it.
    return undefined
  }
}

/** Undefined when its name does not survive decoding: dots or odd bytes in its labels would make it another one. */
function bytesOfQuestion(bytes: Buffer, { name }: Question): Uint8Array | undefined {
  const written = encode({ type: 'query', questions: [{ type: 'A', name }] }).subarray(HEADER_BYTES)
  const nameBytes = written.length - TYPE_AND_CLASS_BYTES
  const asked = bytes.subarray(HEADER_BYTES, HEADER_BYTES + written.length)
  return written.subarray(0, nameBytes).equals(asked.subarray(0, nameBytes)) ? asked : undefined
}

function encodeReply({ id, flags, question, opt }: Query, lookup: ServiceLookup, carrier: DnsCarrier): Uint8Array {
  const isVersionKnown = opt === undefined || opt.ednsVersion === 0
  const isInternet = question.class === undefined || question.class === 'IN' || question.class === 'ANY'
  const reply = isVersionKnown && isInternet ? answerQuestion(lookup, question) : ({ outcome: 'not-ours' } as const)
  const shown = isVersionKnown ? partsOf(reply) : { ...partsOf(reply), rcode: RCODE.noError }
  const own = opt === undefined ? [] : [ownOpt(isVersionKnown ? 0 : BAD_VERSION_UPPER)]
  const packet = (parts: Pick<ReplyParts, 'answers' | 'additionals'>, more = 0): Packet => ({
    type: 'response',
    id,
    flags: (flags & REPEATED_FLAGS) | shown.flags | shown.rcode | more,
    questions: [question],
    answers: [...parts.answers],
    authorities: [...shown.authorities],
    additionals: [...parts.additionals, ...own],
  })
  const limit = carrier === 'tcp' ? MAX_STREAM_BYTES : datagramLimit(opt)
  const whole = encode(packet(shown))
  if (whole.length <= limit) return whole
  const withoutExtras = encode(packet({ answers: shown.answers, additionals: [] }))
  if (withoutExtras.length <= limit) return withoutExtras
  return encode(packet({ answers: [], additionals: [] }, TRUNCATED))
}

function datagramLimit(opt: OptAnswer | undefined): number {
  return Math.min(MAX_DATAGRAM_BYTES, Math.max(PLAIN_DATAGRAM_BYTES, opt?.udpPayloadSize ?? PLAIN_DATAGRAM_BYTES))
}

interface ReplyParts {
  readonly rcode: number
  readonly flags: number
  readonly answers: readonly DnsRecord[]
  readonly authorities: readonly DnsRecord[]
  readonly additionals: readonly DnsRecord[]
}

function partsOf(reply: ZoneReply): ReplyParts {
  const nothing = { answers: [], authorities: [], additionals: [] }
  switch (reply.outcome) {
    case 'found':
      return { ...nothing, ...reply, rcode: RCODE.noError, flags: AUTHORITATIVE }
    case 'no-data':
      return { ...nothing, rcode: RCODE.noError, flags: AUTHORITATIVE, authorities: [START_OF_AUTHORITY] }
    case 'no-name':
      return { ...nothing, rcode: RCODE.noName, flags: AUTHORITATIVE, authorities: [START_OF_AUTHORITY] }
    case 'not-ours':
      return { ...nothing, rcode: RCODE.refused, flags: 0 }
    case 'not-yet':
      return { ...nothing, rcode: RCODE.serverFailure, flags: 0 }
  }
}

function ownOpt(extendedRcode: number): OptAnswer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: MAX_DATAGRAM_BYTES,
    extendedRcode,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  }
}

/** A header that says what is wrong, when nothing else of the query can be repeated. */
function bareReply(query: Buffer, rcode: number): Uint8Array {
  const reply = Buffer.alloc(HEADER_BYTES)
  query.copy(reply, 0, 0, 4)
  reply.writeUInt8((reply.readUInt8(2) & 0x79) | RESPONSE_BIT, 2)
  reply.writeUInt8(rcode, 3)
  return reply
}

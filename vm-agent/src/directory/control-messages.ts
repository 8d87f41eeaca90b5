import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'

/** Version of the conversation over the control socket. */
export const CONTROL_VERSION = 1
/** Longest request, in bytes. */
export const MAX_REQUEST_BYTES = 4 * 1024
/** Longest message that a client takes: a cluster of some thousands of members. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024

/** When messages follow the first one: never, when something has changed, or so that ages are right as well. */
const Follow = Type.Union([Type.Literal('no'), Type.Literal('changes'), Type.Literal('ages')])
const Request = Type.Union([
  Type.Object({
    v: Type.Literal(CONTROL_VERSION),
    ask: Type.Literal('services'),
    /** All of them when left out. */
    service: Type.Optional(Type.String({ minLength: 1, maxLength: 63 })),
    follow: Follow,
  }),
  Type.Object({ v: Type.Literal(CONTROL_VERSION), ask: Type.Literal('members'), follow: Follow }),
  Type.Object({ v: Type.Literal(CONTROL_VERSION), ask: Type.Literal('trace'), follow: Follow }),
])

/** Words of the mesh are texts here: a newer agent may have more of them than an older command knows. */
const Word = Type.String({ maxLength: 64 })
const Text = Type.String({ maxLength: 1_000 })
const Seconds = Type.Number({ minimum: 0 })
/** Where the agent stands with its cluster; what is wrong, if anything is. */
const Standing = Type.Object({ phase: Word, trouble: Type.Optional(Text) })

const ServiceAnswer = Type.Object({
  owner: Text,
  cloud: Word,
  address: Text,
  ports: Type.Array(Type.Object({ name: Word, port: Type.Integer() })),
  health: Word,
  status: Word,
  isDemoted: Type.Boolean(),
  ageSeconds: Seconds,
})
const ServicesMessage = Type.Object({
  v: Type.Literal(CONTROL_VERSION),
  type: Type.Literal('services'),
  cluster: Text,
  standing: Standing,
  /** Best answer first. */
  services: Type.Array(Type.Object({ service: Text, answers: Type.Array(ServiceAnswer) })),
})

const Connection = Type.Object({
  address: Text,
  direction: Word,
  isRelayed: Type.Boolean(),
  rttMs: Type.Optional(Type.Number()),
  openedAt: Text,
})
const Member = Type.Object({
  peer: Text,
  isSelf: Type.Boolean(),
  role: Word,
  service: Word,
  cloud: Word,
  slot: Type.Integer(),
  generation: Type.Integer(),
  status: Word,
  heardSecondsAgo: Type.Optional(Seconds),
  connection: Type.Optional(Connection),
  address: Type.Optional(Text),
  program: Type.Optional(Text),
  /** RFC 3339; left out for those whom the definition names, as theirs do not expire. */
  certificateExpiresAt: Type.Optional(Text),
})
const MembersMessage = Type.Object({
  v: Type.Literal(CONTROL_VERSION),
  type: Type.Literal('members'),
  cluster: Text,
  standing: Standing,
  members: Type.Array(Member),
})

const TraceLine = Type.Object({
  /** RFC 3339. */
  at: Text,
  event: Word,
  peer: Type.Optional(Text),
  kind: Type.Optional(Word),
  text: Text,
})
/** What has happened, oldest first; when it follows, each later message has what is new. */
const TraceMessage = Type.Object({
  v: Type.Literal(CONTROL_VERSION),
  type: Type.Literal('trace'),
  cluster: Text,
  entries: Type.Array(TraceLine),
})

/** Nothing follows it. `malformed` no request of this version · `busy` too many ask already */
const RefusalMessage = Type.Object({
  v: Type.Literal(CONTROL_VERSION),
  type: Type.Literal('refused'),
  code: Word,
  message: Text,
})
const Message = Type.Union([ServicesMessage, MembersMessage, TraceMessage, RefusalMessage])

/** What a client asks; one request per connection. */
export type ControlRequest = Static<typeof Request>
/** What the agent answers: the same that the commands print as JSON. */
export type ControlMessage = Static<typeof Message>
export type ServicesMessage = Static<typeof ServicesMessage>
export type ServiceAnswer = Static<typeof ServiceAnswer>
export type MembersMessage = Static<typeof MembersMessage>
export type MemberLine = Static<typeof Member>
export type TraceMessage = Static<typeof TraceMessage>
export type TraceLine = Static<typeof TraceLine>

/** One line of a conversation. */
export function encodeControl(message: ControlRequest | ControlMessage): string {
  return `${JSON.stringify(message)}\n`
}

/** Undefined for what is no request of this version. */
export function decodeRequest(line: string): ControlRequest | undefined {
  return decodeLine(Request, line)
}

/** Undefined for what is no message of this version. */
export function decodeMessage(line: string): ControlMessage | undefined {
  return decodeLine(Message, line)
}

function decodeLine<T extends TSchema>(schema: T, line: string): Static<T> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return Value.Check(schema, value) ? value : undefined
  } catch {
    // Not JSON, so it is none of ours.
    return undefined
  }
}

import { type Static, Type } from 'typebox'
import { idSchema, Timestamp } from './common.ts'

export const ClusterId = idSchema('clu')

/** Name of a cluster, service, cloud or port: a DNS label, since services are found as `NAME.service.muster`. */
export const ClusterLabel = Type.String({
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
  maxLength: 63,
  description: 'Lower-case letters, digits and dashes',
})

/** PeerId of an Ed25519 key. */
export const PeerId = Type.String({ pattern: '^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$', description: 'PeerId, 12D3Koo…' })

/** Number of a place of a service in a cloud, and of its generation. */
const SlotNumber = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 })
const Multiaddr = Type.String({ minLength: 1, maxLength: 256, pattern: '^[^\\s\\u0000-\\u001f]+$' })
const MachineCount = Type.Integer({ minimum: 0, maximum: 100_000 })

/** How to find out whether a port of a service works. A command runs in the VM, without a shell. */
export const ServiceProbe = Type.Union([
  Type.Object({ type: Type.Literal('tcp') }),
  Type.Object({
    type: Type.Literal('http'),
    path: Type.String({ minLength: 1, maxLength: 256, pattern: '^/[!-~]*$' }),
  }),
  Type.Object({
    type: Type.Literal('command'),
    command: Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), { minItems: 1, maxItems: 32 }),
  }),
])
export type ServiceProbe = Static<typeof ServiceProbe>

/** A port that every member of a service listens at. */
export const ProvidedPort = Type.Object({
  name: ClusterLabel,
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  probe: Type.Optional(ServiceProbe),
})
export type ProvidedPort = Static<typeof ProvidedPort>

/**
 * `singleton` one place in the whole cluster · `per-cloud` its own places in each cloud · `scalable` workers, as many
 * as are needed
 */
export const ServiceKind = Type.Union([Type.Literal('singleton'), Type.Literal('per-cloud'), Type.Literal('scalable')])
export type ServiceKind = Static<typeof ServiceKind>

/** A service of a cluster. Fields that a kind has no use for are refused. */
export const ClusterService = Type.Object({
  name: ClusterLabel,
  kind: ServiceKind,
  provides: Type.Optional(Type.Array(ProvidedPort, { maxItems: 8 })),
  /** Places of a fixed service, in each cloud where it is per cloud; without it, as many as are authorized. */
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  /** Bounds of a scalable service. */
  min: Type.Optional(MachineCount),
  max: Type.Optional(MachineCount),
  slotsPerVm: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
  idleSeconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 7 * 86_400 })),
  /** `NAME` or `NAME@VERSION` of a context of the owner. */
  context: Type.Optional(Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f@/]{1,100}(@[1-9][0-9]{0,6})?$' })),
  flavor: Type.Optional(
    Type.Object({
      cpus: Type.Optional(Type.Integer({ minimum: 1, maximum: 4096 })),
      memoryMiB: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 * 1024 * 1024 })),
      diskGiB: Type.Optional(Type.Integer({ minimum: 1, maximum: 1024 * 1024 })),
    }),
  ),
  /** Services that must work before this one starts. */
  dependsOn: Type.Optional(Type.Array(ClusterLabel, { maxItems: 16 })),
  /** Its members state how many workers are needed; fixed services only. */
  demand: Type.Optional(Type.Object({ source: ClusterLabel })),
})
export type ClusterService = Static<typeof ClusterService>

/** A cloud of a cluster; the coordinator admits its machines when no agent is named. */
export const ClusterCloud = Type.Object({
  name: ClusterLabel,
  agents: Type.Optional(
    Type.Array(Type.Object({ peer: PeerId, addresses: Type.Array(Multiaddr, { maxItems: 8 }) }), { maxItems: 8 }),
  ),
  /** Share beside other clouds. */
  weight: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
  /** Most machines there. */
  max: Type.Optional(MachineCount),
})
export type ClusterCloud = Static<typeof ClusterCloud>

const definitionFields = {
  description: Type.Optional(Type.String({ maxLength: 2000 })),
  services: Type.Array(ClusterService, { minItems: 1, maxItems: 64 }),
  clouds: Type.Array(ClusterCloud, { minItems: 1, maxItems: 64 }),
}

/**
 * What a cluster consists of. `PUT /clusters/{id}/definition` (If-Match required) publishes it as a further version.
 * What the schema cannot say is checked by `findClusterProblems`.
 */
export const ClusterDefinition = Type.Object(definitionFields)
export type ClusterDefinition = Static<typeof ClusterDefinition>

/** `POST /clusters` (Idempotency-Key required). Names are unique for one owner, else 409 `cluster-name-taken`. */
export const NewCluster = Type.Object({ name: ClusterLabel, ...definitionFields })
export type NewCluster = Static<typeof NewCluster>

/** A cluster; its ETag is the strong validator of its definition. */
export const Cluster = Type.Object({
  id: ClusterId,
  name: ClusterLabel,
  /** Of the definition; counts from 1. */
  version: Type.Integer({ minimum: 1 }),
  definition: ClusterDefinition,
  /** Whose key signs the definition: what members are told to trust. */
  coordinator: PeerId,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Cluster = Static<typeof Cluster>

/** `POST /clusters/{id}/machines`: who may join, and where it will stand. */
export const NewClusterMachine = Type.Object({
  service: ClusterLabel,
  cloud: ClusterLabel,
  /** A place that is taken is filled anew: who holds it is fenced off. Without it, the lowest free place. */
  slot: Type.Optional(SlotNumber),
})
export type NewClusterMachine = Static<typeof NewClusterMachine>

/** The place of one machine of a cluster. */
export const ClusterSlot = Type.Object({
  service: ClusterLabel,
  cloud: ClusterLabel,
  slot: SlotNumber,
  /** Counts up each time the place is filled anew. */
  generation: SlotNumber,
})
export type ClusterSlot = Static<typeof ClusterSlot>

/** A machine that may join once, until `expiresAt`. The only time that its token is shown: repeating authorizes anew. */
export const AuthorizedMachine = Type.Object({
  ...ClusterSlot.properties,
  expiresAt: Timestamp,
  issuer: PeerId,
  /** Multiaddrs of the issuer, as they stand in the section. */
  addresses: Type.Array(Type.String()),
  /** The `[muster]` section with the token, ready to be put into user-data or a context. */
  section: Type.String(),
})
export type AuthorizedMachine = Static<typeof AuthorizedMachine>

/** Hints of an observer, none of them a proof: what `muster-agent members` shows. */
export const MemberStatus = Type.Union([
  Type.Literal('alive'),
  Type.Literal('suspect'),
  Type.Literal('gone'),
  Type.Literal('left'),
])
export type MemberStatus = Static<typeof MemberStatus>

export const MemberRole = Type.Union([
  Type.Literal('cloud-agent'),
  Type.Literal('fixed'),
  Type.Literal('demand-owner'),
  Type.Literal('worker'),
  Type.Literal('coordinator'),
])
export type MemberRole = Static<typeof MemberRole>

const Milliseconds = Type.Number({ minimum: 0, description: 'Milliseconds' })

/** A connection of the coordinator. */
export const MeshConnection = Type.Object({
  /** Multiaddr of the other end. */
  address: Type.String(),
  direction: Type.Union([Type.Literal('inbound'), Type.Literal('outbound')]),
  isRelayed: Type.Boolean(),
  /** Round trip, smoothed; absent before the first ping. */
  rttMs: Type.Optional(Milliseconds),
  openedAt: Timestamp,
})
export type MeshConnection = Static<typeof MeshConnection>

/** One member as the coordinator sees it. */
export const MeshMember = Type.Object({
  peer: PeerId,
  /** The coordinator itself. Its cloud is empty. */
  isSelf: Type.Boolean(),
  role: MemberRole,
  service: Type.String(),
  cloud: Type.String(),
  slot: SlotNumber,
  generation: SlotNumber,
  status: MemberStatus,
  /** Since its last statement; absent when it has made none that is still known. */
  heardAgoMs: Type.Optional(Milliseconds),
  /** Absent when the coordinator hears of it through others only. */
  connection: Type.Optional(MeshConnection),
  /** IP address for programs of users, if it has stated one. */
  address: Type.Optional(Type.String()),
  /** Name and version of its program, if it has stated them. */
  program: Type.Optional(Type.String()),
  certificateExpiresAt: Type.Optional(Timestamp),
})
export type MeshMember = Static<typeof MeshMember>

/** One place where a service can be had. */
export const MeshAnswer = Type.Object({
  owner: PeerId,
  cloud: Type.String(),
  address: Type.String(),
  ports: Type.Array(Type.Object({ name: Type.String(), port: Type.Integer() })),
  /** The owner's own last probe. */
  health: Type.Union([Type.Literal('passing'), Type.Literal('failing'), Type.Literal('unknown')]),
  status: MemberStatus,
  /** Milliseconds since its owner last said so. */
  ageMs: Milliseconds,
})
export type MeshAnswer = Static<typeof MeshAnswer>

/** A connection of the picture. A pair may be named twice, once by each end. */
export const MeshLink = Type.Object({
  from: PeerId,
  to: PeerId,
  /** Which member says so. */
  reportedBy: PeerId,
  isRelayed: Type.Boolean(),
  rttMs: Type.Optional(Milliseconds),
})
export type MeshLink = Static<typeof MeshLink>

/** Numbers since the start of the coordinator unless they say "now". */
export const MeshNumbers = Type.Object({
  members: Type.Object({
    alive: Type.Integer(),
    suspect: Type.Integer(),
    gone: Type.Integer(),
    left: Type.Integer(),
  }),
  connectionsNow: Type.Integer(),
  recordsNow: Type.Integer(),
  recordsReceived: Type.Integer(),
  /** By cause; causes that did not happen are left out. */
  recordsRefused: Type.Record(Type.String(), Type.Integer()),
  syncs: Type.Integer(),
  syncFailures: Type.Integer(),
  dials: Type.Integer(),
  dialFailures: Type.Integer(),
  suspicions: Type.Integer(),
  refutations: Type.Integer(),
  /** Of all clusters together: they share the sockets. */
  receivedBytes: Type.Integer(),
  sentBytes: Type.Integer(),
})
export type MeshNumbers = Static<typeof MeshNumbers>

/** `GET /clusters/{id}/mesh`: the mesh as the coordinator sees it, which may differ from what a member sees. */
export const ClusterMesh = Type.Object({
  clusterId: ClusterId,
  /** When this was looked at: every age counts from here. */
  updatedAt: Timestamp,
  coordinator: PeerId,
  /** Where the coordinator itself stands with the cluster. */
  phase: Type.Union([
    Type.Literal('joining'),
    Type.Literal('member'),
    Type.Literal('lapsed'),
    Type.Literal('refused'),
    Type.Literal('left'),
  ]),
  definitionVersion: Type.Integer({ minimum: 1 }),
  members: Type.Array(MeshMember),
  services: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.Optional(ServiceKind),
      /** Best first as seen from the coordinator; empty when nobody offers it. */
      answers: Type.Array(MeshAnswer),
    }),
  ),
  /** Connections that are known here: those of the coordinator. Members connect to each other too, unseen. */
  links: Type.Array(MeshLink),
  /** Places whose token was given out and neither used nor expired. */
  awaited: Type.Array(Type.Object({ ...ClusterSlot.properties, expiresAt: Timestamp })),
  numbers: MeshNumbers,
})
export type ClusterMesh = Static<typeof ClusterMesh>

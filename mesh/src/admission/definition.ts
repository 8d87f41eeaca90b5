import { Type } from 'typebox'
import type { Identity } from './identity.ts'
import { type DocumentKind, verifyClaims } from './jws.ts'
import type { Membership, PeerId, Role } from './membership.ts'
import { ClusterId, Counter, Label, MAX_LABEL_CHARS, PeerIdText, Seconds } from './names.ts'
import { refusal } from './refusals.ts'

/** Version of the document; others are refused. */
const DOCUMENT_VERSION = 1
/** Services that are no services of a user: the slots of agents and coordinator. */
const RESERVED_NAMES: readonly string[] = ['cloud-agent', 'coordinator']

const Address = Type.String({ minLength: 1, maxLength: 256, pattern: '^[^\\s\\u0000-\\u001f]+$' })
const Cloud = Type.Object({
  name: Label,
  /** None in a cloud whose machines were authorized one by one: there the coordinator admits. */
  agents: Type.Array(Type.Object({ peer: PeerIdText, addresses: Type.Array(Address, { maxItems: 8 }) }), {
    maxItems: 8,
  }),
})
/** How to find out whether a port of a service works. A command runs in the VM, without a shell. */
const Probe = Type.Union([
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
const ProvidedPort = Type.Object({
  name: Label,
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  probe: Type.Optional(Probe),
})
const Service = Type.Object({
  name: Label,
  kind: Type.Union([Type.Literal('singleton'), Type.Literal('per-cloud'), Type.Literal('scalable')]),
  /** Its members state demand for workers. */
  ownsDemand: Type.Boolean(),
  /** Ports that its members listen at; nothing for a service that others do not use. */
  provides: Type.Optional(Type.Array(ProvidedPort, { maxItems: 8 })),
})
const Claims = Type.Object({
  v: Type.Literal(DOCUMENT_VERSION),
  cluster: ClusterId,
  name: Type.String({ minLength: 1, maxLength: MAX_LABEL_CHARS }),
  version: Counter,
  iat: Seconds,
  clouds: Type.Array(Cloud, { maxItems: 64 }),
  services: Type.Array(Service, { maxItems: 64 }),
  /** SHA-256 in hex of the whole definition document, which is fetched as a blob. */
  document: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
})
const KIND: DocumentKind<typeof Claims> = {
  name: 'cluster definition',
  typ: 'muster-definition+jwt',
  schema: Claims,
  maxBytes: 256 * 1024,
  forged: 'definition-forged',
}

/** A cloud of a cluster and who may admit members there. */
export type DefinedCloud = Type.Static<typeof Cloud>
/** A port that a service provides, and how it is probed. */
export type DefinedPort = Type.Static<typeof ProvidedPort>
/** A service of a cluster, as far as its members need it: how they are admitted, what they state and probe. */
export type DefinedService = Type.Static<typeof Service>

/** What the coordinator has signed about a cluster: the root of every other right in the mesh. */
export interface SignedDefinition {
  readonly cluster: string
  readonly name: string
  /** Counts up with each publication. */
  readonly version: number
  /** Epoch milliseconds. */
  readonly issuedAt: number
  readonly coordinator: PeerId
  readonly clouds: readonly DefinedCloud[]
  readonly services: readonly DefinedService[]
  readonly document?: string
  /** The compact JWS, to pass on unchanged. */
  readonly token: string
}

/** What a definition says; the rest comes from the key that signs it. */
export type DefinitionContent = Omit<SignedDefinition, 'coordinator' | 'token'>

/**
 * Signs a definition with the coordinator's key.
 *
 * @throws {MeshError} malformed - a name twice, a peer in two places, a reserved name
 */
export async function signDefinition(content: DefinitionContent, coordinator: Identity): Promise<SignedDefinition> {
  const { issuedAt, ...rest } = content
  const token = await coordinator.signJws({ v: DOCUMENT_VERSION, ...rest, iat: Math.floor(issuedAt / 1000) }, KIND.typ)
  return verifyDefinition(token, { cluster: content.cluster, coordinator: coordinator.peer })
}

/** What a member knows from its user-data: whom to believe. */
export interface Trust {
  readonly cluster: string
  readonly coordinator: PeerId
}

/**
 * Reads a definition that somebody has passed on.
 *
 * @throws {MeshError} bad-signature - not signed by the coordinator
 * @throws {MeshError} refused - of another cluster
 * @throws {MeshError} too-large, malformed
 */
export async function verifyDefinition(token: string, trust: Trust): Promise<SignedDefinition> {
  const { v: _, iat, ...claims } = await verifyClaims(KIND, token, trust.coordinator)
  if (claims.cluster !== trust.cluster) {
    throw refusal('definition-other-cluster', 'A definition of another cluster', {
      hint: 'Compare the cluster id in the [muster] section with the one the coordinator shows.',
    })
  }
  const agents = claims.clouds.flatMap((cloud) => cloud.agents.map((agent) => agent.peer))
  assertUnique(claims.clouds.map((cloud) => cloud.name))
  assertUnique([...claims.services.map((service) => service.name), ...RESERVED_NAMES])
  assertUnique([...agents, trust.coordinator])
  for (const service of claims.services) assertUnique((service.provides ?? []).map((port) => port.name))
  return { ...claims, issuedAt: iat * 1000, coordinator: trust.coordinator, token }
}

/**
 * The definition to go on with: the higher version, whatever the order in which they arrive.
 *
 * @throws {MeshError} stale-record - `offered` is older
 * @throws {MeshError} bad-certificate - the same version with another content: the coordinator's key signed twice
 */
export function newerDefinition(current: SignedDefinition, offered: SignedDefinition): SignedDefinition {
  if (offered.version < current.version) throw refusal('definition-stale', 'A definition older than the known one')
  if (offered.version === current.version && offered.token !== current.token) {
    throw refusal('definition-conflict', `Two definitions with version ${offered.version}`, {
      hint: 'Publish the definition again; look for a second coordinator with the same key.',
    })
  }
  return offered
}

/** The role that members of a service have, or undefined when the definition has no such service. */
export function roleOf(definition: SignedDefinition, service: string): Role | undefined {
  const defined = definition.services.find((each) => each.name === service)
  if (defined === undefined) return undefined
  if (defined.kind === 'scalable') return 'worker'
  return defined.ownsDemand ? 'demand-owner' : 'fixed'
}

/** Whether `issuer` may sign certificates for members in `cloud`: its agents and the coordinator may. */
export function mayAdmit(definition: SignedDefinition, issuer: PeerId, cloud: string): boolean {
  const defined = definition.clouds.find((each) => each.name === cloud)
  if (defined === undefined) return false
  return issuer === definition.coordinator || defined.agents.some((agent) => agent.peer === issuer)
}

/** Membership of those whom the definition itself names; it lasts as long as this definition is the newest. */
export function namedMembership(definition: SignedDefinition, peer: PeerId): Membership | undefined {
  const { cluster, coordinator, issuedAt } = definition
  const shared = { cluster, peer, issuer: coordinator, issuedAt, expiresAt: Number.MAX_SAFE_INTEGER }
  if (peer === coordinator) {
    return { ...shared, role: 'coordinator', slot: { service: 'coordinator', cloud: '', slot: 0, generation: 0 } }
  }
  for (const cloud of definition.clouds) {
    const place = cloud.agents.findIndex((agent) => agent.peer === peer)
    if (place < 0) continue
    return {
      ...shared,
      role: 'cloud-agent',
      slot: { service: 'cloud-agent', cloud: cloud.name, slot: place, generation: 0 },
    }
  }
  return undefined
}

function assertUnique(names: readonly string[]): void {
  if (new Set(names).size !== names.length) {
    throw refusal('malformed', 'A definition that uses one name or one PeerId twice, or a reserved name')
  }
}

import { createHash } from 'node:crypto'
import { findClusterProblems } from '@muster/contexts/cluster/problems.ts'
import type { ClusterDefinition } from '@muster/contexts/wire/clusters.ts'
import { type DefinitionContent, signDefinition } from '@muster/mesh/admission/definition.ts'
import type { Identity } from '@muster/mesh/admission/identity.ts'
import { MeshError } from '@muster/mesh/fault.ts'
import { ApiError } from '../http/api-error.ts'

/** What is signed about one version of a cluster. */
export interface DefinitionToSign {
  readonly cluster: string
  readonly name: string
  readonly version: number
  /** Epoch milliseconds. */
  readonly issuedAt: number
  readonly definition: ClusterDefinition
}

/**
 * Signs a definition.
 *
 * @returns the compact JWS
 * @throws {ApiError} invalid-cluster
 */
export async function signCluster(wish: DefinitionToSign, coordinator: Identity): Promise<string> {
  const problems = findClusterProblems(wish.definition)
  if (problems.length > 0) {
    const errors = problems.map(({ path, message, hint }) => ({
      pointer: path.map((name) => `/${name}`).join(''),
      detail: hint === undefined ? message : `${message}. ${hint}`,
    }))
    throw new ApiError('invalid-cluster', undefined, { errors })
  }
  try {
    return (await signDefinition(contentOf(wish), coordinator)).token
  } catch (cause) {
    if (!(cause instanceof MeshError)) throw cause
    // What is left is what only the key can tell: an agent with the coordinator's own PeerId, or one that is no key.
    throw new ApiError('invalid-cluster', cause.message, { cause })
  }
}

/** The whole definition as members fetch it, JSON of the definition file; the signed document names its hash. */
export function documentOf(name: string, definition: ClusterDefinition): string {
  const { description, services, clouds } = definition
  const metadata = { name, ...(description === undefined ? {} : { description }) }
  return JSON.stringify({ apiVersion: 'muster/v1', kind: 'Cluster', metadata, services, clouds })
}

function contentOf({ cluster, name, version, issuedAt, definition }: DefinitionToSign): DefinitionContent {
  return {
    cluster,
    name,
    version,
    issuedAt,
    clouds: definition.clouds.map((cloud) => ({ name: cloud.name, agents: cloud.agents ?? [] })),
    services: definition.services.map(({ name: service, kind, demand, provides }) => ({
      name: service,
      kind,
      ownsDemand: demand !== undefined,
      ...(provides === undefined ? {} : { provides }),
    })),
    document: createHash('sha256').update(documentOf(name, definition)).digest('hex'),
  }
}

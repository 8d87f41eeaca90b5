import {
  AuthorizedMachine,
  Cluster,
  type ClusterDefinition,
  ClusterMesh,
  type NewCluster,
  type NewClusterMachine,
} from '../wire/clusters.ts'
import { API_BASE, type Page, pageOf } from '../wire/common.ts'
import type { PageOptions } from './paging.ts'
import type { CallOptions, Requester, Tagged } from './requester.ts'

/** Which clusters to list: `name` exactly. */
export interface ClusterListOptions extends PageOptions {
  readonly name?: string
}

/** Clusters, who may join them, and their mesh as the coordinator sees it. */
export interface ClustersApi {
  list(options?: ClusterListOptions): Promise<Page<Cluster>>
  get(clusterId: string, options?: CallOptions): Promise<Tagged<Cluster>>
  /** @throws {ApiError} cluster-name-taken; mesh-off - this coordinator signs no definitions */
  create(cluster: NewCluster, options?: CallOptions): Promise<Tagged<Cluster>>
  /** Publishes a further version. @throws {ApiError} precondition-failed - changed meanwhile */
  define(
    clusterId: string,
    definition: ClusterDefinition,
    etag: string,
    options?: CallOptions,
  ): Promise<Tagged<Cluster>>
  /** The coordinator leaves the cluster; its members go on with each other until their certificates end. */
  remove(clusterId: string, etag: string, options?: CallOptions): Promise<void>
  /** Lets one machine join. Each call makes a new token. @throws {ApiError} no-such-place, no-free-place, mesh-off */
  authorize(clusterId: string, machine: NewClusterMachine, options?: CallOptions): Promise<AuthorizedMachine>
  /** Cuts a member off; its place can be filled anew. */
  revoke(clusterId: string, peer: string, options?: CallOptions): Promise<void>
  /** @throws {ApiError} mesh-off */
  mesh(clusterId: string, options?: CallOptions): Promise<ClusterMesh>
}

const PATH = `${API_BASE}/clusters`
const ClusterPage = pageOf(Cluster)

/** `ClustersApi` over a requester. */
export function createClustersApi({ send, run }: Requester): ClustersApi {
  const pathOf = (clusterId: string, rest = '') => `${PATH}/${encodeURIComponent(clusterId)}${rest}`
  return {
    async list({ signal, ...query } = {}) {
      return (await send({ signal, method: 'GET', path: PATH, query, answer: ClusterPage })).value
    },
    get: (clusterId, options) => send({ ...options, method: 'GET', path: pathOf(clusterId), answer: Cluster }),
    create: (body, options) =>
      send({ ...options, method: 'POST', path: PATH, body, answer: Cluster, isIdempotent: true }),
    define: (clusterId, body, ifMatch, options) =>
      send({ ...options, method: 'PUT', path: pathOf(clusterId, '/definition'), body, ifMatch, answer: Cluster }),
    async remove(clusterId, ifMatch, options) {
      await run({ ...options, method: 'DELETE', path: pathOf(clusterId), ifMatch })
    },
    async authorize(clusterId, body, options) {
      const path = pathOf(clusterId, '/machines')
      return (await send({ ...options, method: 'POST', path, body, answer: AuthorizedMachine })).value
    },
    async revoke(clusterId, peer, options) {
      await run({ ...options, method: 'DELETE', path: pathOf(clusterId, `/members/${encodeURIComponent(peer)}`) })
    },
    async mesh(clusterId, options) {
      return (await send({ ...options, method: 'GET', path: pathOf(clusterId, '/mesh'), answer: ClusterMesh })).value
    },
  }
}

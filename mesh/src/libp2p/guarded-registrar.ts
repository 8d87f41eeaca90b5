import type { Connection } from '@libp2p/interface'
import { MeshError } from '../fault.ts'
import type { GossipComponents } from './gossip-router.ts'

/** Where libp2p's services register their protocols. */
export type Registrar = GossipComponents['registrar']

/** A registrar whose protocols only those may open whom `mayOpen` lets; the streams of others are reset at once. */
export function guardedRegistrar(registrar: Registrar, mayOpen: (connection: Connection) => boolean): Registrar {
  return {
    handle: (protocol, handler, options) =>
      registrar.handle(
        protocol,
        (stream, connection) => {
          if (mayOpen(connection)) return handler(stream, connection)
          stream.abort(new MeshError('refused', `${protocol} is for members`))
        },
        options,
      ),
    unhandle: (protocol) => registrar.unhandle(protocol),
    register: (protocol, topology) => registrar.register(protocol, topology),
    unregister: (id) => registrar.unregister(id),
    getTopologies: (protocol) => registrar.getTopologies(protocol),
    getProtocols: () => registrar.getProtocols(),
    getHandler: (protocol) => registrar.getHandler(protocol),
    getMiddleware: (protocol) => registrar.getMiddleware(protocol),
    use: (protocol, middleware) => registrar.use(protocol, middleware),
    unuse: (protocol) => registrar.unuse(protocol),
  }
}

import { type Static, Type } from 'typebox'
import { PeerId } from './clusters.ts'

/** `GET /.well-known/muster.json` (no sign-in): what this coordinator is, for programs that were given its address. */
export const Meta = Type.Object({
  name: Type.Literal('muster'),
  /** Version of the program. */
  version: Type.String(),
  /** Versions of the API that it speaks, for example `v2`. */
  apiVersions: Type.Array(Type.String()),
  /** Path in front of the newest of them. */
  apiBase: Type.String(),
  /** Where people go: the pages. */
  url: Type.String(),
  isRegistrationOpen: Type.Boolean(),
  /** Where members of clusters meet; absent when this coordinator takes no part in any mesh. */
  mesh: Type.Optional(
    Type.Object({
      peer: PeerId,
      /** Multiaddrs without the peer, best first. */
      addresses: Type.Array(Type.String()),
    }),
  ),
})
export type Meta = Static<typeof Meta>

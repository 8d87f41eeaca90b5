import { type Static, Type } from 'typebox'
import { CHANNEL_PATTERN, Release } from '../release/release.ts'
import { ContextId, VersionNumber } from './contexts.ts'

/** Name of a channel. */
export const ChannelName = Type.String({ pattern: CHANNEL_PATTERN, description: 'Name of a channel' })

/** A channel that can be used, with the keys that a machine pins. */
export const OfferedRelease = Type.Object({
  ...Release.properties,
  /** Public Ed25519 keys of releases, raw in base64url. */
  releaseKeys: Type.Array(Type.String(), { description: 'Keys whose releases are believed' }),
})
export type OfferedRelease = Static<typeof OfferedRelease>

/** A channel that cannot be used, and why. */
export const BrokenChannel = Type.Object({
  channel: Type.String(),
  detail: Type.String({ description: 'What is wrong with it' }),
})

/** Answer of `GET /releases`. */
export const ReleaseList = Type.Object({
  items: Type.Array(OfferedRelease),
  broken: Type.Array(BrokenChannel),
})
export type ReleaseList = Static<typeof ReleaseList>

/** Body of `POST /user-data`. */
export const NewUserData = Type.Object({
  format: Type.Union([Type.Literal('cloud-config'), Type.Literal('script')]),
  channel: Type.Optional(ChannelName),
  /** A readable context of the account that rides along; without a version the latest. */
  context: Type.Optional(Type.Object({ id: ContextId, version: Type.Optional(VersionNumber) })),
  /** Text with a `[muster]` section that rides along. */
  join: Type.Optional(Type.String({ minLength: 1, maxLength: 16_384 })),
  /** Addresses of copies of the dist folder, asked before the coordinator. */
  mirrors: Type.Optional(Type.Array(Type.String({ maxLength: 500 }), { maxItems: 8 })),
})
export type NewUserData = Static<typeof NewUserData>

/** Answer of `POST /user-data`. */
export const IssuedUserData = Type.Object({
  text: Type.String({ description: 'To be given to the cloud as it is' }),
  sizeBytes: Type.Integer(),
  channel: ChannelName,
  /** Of the agent that it installs. */
  version: Type.String(),
})
export type IssuedUserData = Static<typeof IssuedUserData>

import { type Static, Type } from 'typebox'
import { DisplayName, idSchema, Timestamp } from './common.ts'

export const ContextId = idSchema('ctx')

/** Versions count from 1 and never change. */
export const VersionNumber = Type.Integer({ minimum: 1, maximum: 1_000_000 })

/** Largest stored text: 1 MiB plain; sealed (base64 of age) somewhat more. */
export const MAX_STORED_CONTEXT_CHARS = 1_500_000

/**
 * `plain` the text · `age` ASCII-armored age ciphertext of the text: sealed in the browser or command line, the
 * coordinator cannot read it.
 */
export const ContextFormat = Type.Union([Type.Literal('plain'), Type.Literal('age')])
export type ContextFormat = Static<typeof ContextFormat>

/** One immutable version, without its body. */
export const ContextVersionInfo = Type.Object({
  version: VersionNumber,
  format: ContextFormat,
  note: Type.String(),
  /** SHA-256 of the stored body, hex. */
  digest: Type.String(),
  sizeBytes: Type.Integer(),
  createdAt: Timestamp,
  /** Machines whose last reported context is this version. */
  machineCount: Type.Integer(),
})
export type ContextVersionInfo = Static<typeof ContextVersionInfo>

/** A version with its body. */
export const ContextVersion = Type.Intersect([
  ContextVersionInfo,
  Type.Object({ contextId: ContextId, contextName: DisplayName, body: Type.String() }),
])
export type ContextVersion = Static<typeof ContextVersion>

/** A context; its ETag is the strong validator of name, description and latest version. */
export const Context = Type.Object({
  id: ContextId,
  name: DisplayName,
  description: Type.String(),
  latest: ContextVersionInfo,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Context = Static<typeof Context>

const versionBody = {
  format: ContextFormat,
  body: Type.String({ maxLength: MAX_STORED_CONTEXT_CHARS }),
  note: Type.String({ maxLength: 500, default: '' }),
}

/** `POST /contexts` (Idempotency-Key required): a context with its version 1. Name unique for one owner, else 409. */
export const NewContext = Type.Object({
  name: DisplayName,
  description: Type.String({ maxLength: 2000, default: '' }),
  ...versionBody,
})
export type NewContext = Static<typeof NewContext>

/** `POST /contexts/{id}/versions` (If-Match and Idempotency-Key required). */
export const NewContextVersion = Type.Object(versionBody)
export type NewContextVersion = Static<typeof NewContextVersion>

/** `PATCH /contexts/{id}` (If-Match required). */
export const ContextChange = Type.Object({
  name: Type.Optional(DisplayName),
  description: Type.Optional(Type.String({ maxLength: 2000 })),
})
export type ContextChange = Static<typeof ContextChange>

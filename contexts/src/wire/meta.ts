import { type Static, Type } from 'typebox'

/** Version of the API below `API_BASE`; additions keep it. */
export const API_VERSION = 2

/** `GET /.well-known/muster.json` (no sign-in): what this coordinator is. Everything but the API version may be missing. */
export const Meta = Type.Object({
  apiVersion: Type.Integer(),
  /** Version of the program. */
  version: Type.Optional(Type.String()),
  /** Where people go: the pages. */
  url: Type.Optional(Type.String()),
})
export type Meta = Static<typeof Meta>

import { type Static, Type } from 'typebox'
import { idSchema, Timestamp } from './common.ts'

export const AccountId = idSchema('acc')

/** Sign-in name: 2 to 40 of lower-case letters, digits, dot, dash, underscore; starts with a letter. */
export const Login = Type.String({ pattern: '^[a-z][a-z0-9._-]{1,39}$' })

/** 10 to 200 characters; only the length is ruled (NIST SP 800-63B). */
export const Password = Type.String({ minLength: 10, maxLength: 200 })

export const Account = Type.Object({ id: AccountId, login: Login, createdAt: Timestamp })
export type Account = Static<typeof Account>

/** `POST /accounts` (201 Session; sets the cookie) and `POST /sessions` (201 Session; sets the cookie). */
export const Credentials = Type.Object({ login: Login, password: Password })
export type Credentials = Static<typeof Credentials>

/** `GET /session`: who is asking, and with what right. 401 without one. */
export const Session = Type.Object({
  account: Account,
  scopes: Type.Array(Type.String()),
  expiresAt: Timestamp,
})
export type Session = Static<typeof Session>

export const SessionId = idSchema('ses')

/** One browser that is signed in, as `GET /sessions` lists it. */
export const SessionInfo = Type.Object({
  id: SessionId,
  createdAt: Timestamp,
  /** To the minute. */
  lastUsedAt: Timestamp,
  expiresAt: Timestamp,
  /** What the browser called itself at sign-in: printable, at most 200 characters, empty when it said nothing. */
  userAgent: Type.String({ maxLength: 200 }),
  /** The session that asks. */
  isCurrent: Type.Boolean(),
})
export type SessionInfo = Static<typeof SessionInfo>

/** A password that is compared, so that its length is bounded and nothing else. */
const PresentedPassword = Type.String({ maxLength: 200 })

/** `PUT /account/password` (204): ends all other sessions. 403 `wrong-password`. */
export const PasswordChange = Type.Object({ currentPassword: PresentedPassword, newPassword: Password })
export type PasswordChange = Static<typeof PasswordChange>

/** `DELETE /account` (204): the account and all it owns are gone. 403 `wrong-password`. */
export const AccountDeletion = Type.Object({ password: PresentedPassword })
export type AccountDeletion = Static<typeof AccountDeletion>

/** What an API token may do; a browser session may do all. */
export const Scope = Type.Union([
  Type.Literal('contexts:read'),
  Type.Literal('contexts:write'),
  Type.Literal('machines:read'),
  Type.Literal('machines:write'),
  Type.Literal('clusters:read'),
  Type.Literal('clusters:write'),
  Type.Literal('pairings:claim'),
  Type.Literal('events:read'),
])
export type Scope = Static<typeof Scope>

export const TokenId = idSchema('tok')

/** An API token as listed: never the token itself. */
export const ApiToken = Type.Object({
  id: TokenId,
  name: Type.String(),
  scopes: Type.Array(Scope),
  createdAt: Timestamp,
  lastUsedAt: Type.Optional(Timestamp),
  expiresAt: Timestamp,
})
export type ApiToken = Static<typeof ApiToken>

/** `POST /tokens`. */
export const NewToken = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  scopes: Type.Array(Scope, { minItems: 1, maxItems: 10, uniqueItems: true }),
  expiresInDays: Type.Integer({ minimum: 1, maximum: 366, default: 90 }),
})
export type NewToken = Static<typeof NewToken>

/** Answer to `POST /tokens`: the only time that the token (`mst_…`) is shown. */
export const IssuedToken = Type.Object({ token: Type.String(), info: ApiToken })
export type IssuedToken = Static<typeof IssuedToken>

/** `POST /device-authorizations` (no sign-in, 201): begins the sign-in of a command line (RFC 8628). */
export const DeviceAuthorization = Type.Object({
  deviceCode: Type.String(),
  /** 8 letters as a PIN, shown XXXX-XXXX. */
  userCode: Type.String(),
  verificationUri: Type.String(),
  expiresAt: Timestamp,
  intervalSeconds: Type.Integer(),
})
export type DeviceAuthorization = Static<typeof DeviceAuthorization>

/** Body of `POST /device-authorizations`: how the program calls itself to the person who approves. */
export const NewDeviceAuthorization = Type.Object({
  clientName: Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]*$', default: 'muster' }),
})

/** `GET /device-authorizations/{userCode}` by a signed-in browser: who asks, to be shown before approving. */
export const PendingDevice = Type.Object({
  clientName: Type.String(),
  /** Address from which it asked, as the coordinator saw it. */
  requestedFrom: Type.String(),
  expiresAt: Timestamp,
})
export type PendingDevice = Static<typeof PendingDevice>

/** `POST /device-authorizations/approve` by a signed-in browser: {userCode, clientName shown before}. */
export const DeviceApproval = Type.Object({ userCode: Type.String({ maxLength: 40 }) })

/**
 * `POST /device-authorizations/token` {deviceCode}: 200 IssuedToken once approved; 400 `authorization-pending`,
 * 429 `slow-down` (adds 5 s), 404 `device-code-expired`.
 */
export const DeviceTokenRequest = Type.Object({ deviceCode: Type.String({ maxLength: 100 }) })

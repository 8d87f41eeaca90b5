import type { Static, TSchema } from 'typebox'
import {
  type AccountDeletion,
  ApiToken,
  type Credentials,
  DeviceAuthorization,
  IssuedToken,
  type NewToken,
  type PasswordChange,
  PendingDevice,
  Session,
  SessionInfo,
} from '../wire/accounts.ts'
import { API_BASE, type Page, pageOf } from '../wire/common.ts'
import type { PageOptions } from './paging.ts'
import type { CallOptions, Requester } from './requester.ts'

/** Accounts, sessions, tokens and the sign-in of devices. */
export interface AccountsApi {
  signUp(credentials: Credentials, options?: CallOptions): Promise<Session>
  signIn(credentials: Credentials, options?: CallOptions): Promise<Session>
  /** Who is asking. @throws {ApiError} status 401 - nobody is signed in */
  session(options?: CallOptions): Promise<Session>
  /** Ends the session, or revokes the token that asks. */
  signOut(options?: CallOptions): Promise<void>
  /** Ends all other sessions; tokens stay. @throws {ApiError} wrong-password, slow-down */
  changePassword(change: PasswordChange, options?: CallOptions): Promise<void>
  listSessions(options?: PageOptions): Promise<Page<SessionInfo>>
  endSession(sessionId: string, options?: CallOptions): Promise<void>
  /** Deletes the account with all it owns, for good. @throws {ApiError} wrong-password, slow-down */
  deleteAccount(deletion: AccountDeletion, options?: CallOptions): Promise<void>
  listTokens(options?: PageOptions): Promise<Page<ApiToken>>
  createToken(token: NewToken, options?: CallOptions): Promise<IssuedToken>
  revokeToken(tokenId: string, options?: CallOptions): Promise<void>
  /** Begins the sign-in of a command line (RFC 8628). */
  startDevice(clientName: string, options?: CallOptions): Promise<DeviceAuthorization>
  /** Who asks with this user code, to be shown before approving. */
  pendingDevice(userCode: string, options?: CallOptions): Promise<Static<typeof PendingDevice>>
  approveDevice(userCode: string, options?: CallOptions): Promise<void>
  /** The token, once approved. @throws {ApiError} authorization-pending, slow-down, device-code-expired */
  deviceToken(deviceCode: string, options?: CallOptions): Promise<IssuedToken>
}

const TokenPage = pageOf(ApiToken)
const SessionPage = pageOf(SessionInfo)

/** `AccountsApi` over a requester. */
export function createAccountsApi({ send, run }: Requester): AccountsApi {
  const post = <S extends TSchema>(path: string, body: unknown, answer: S, options: CallOptions | undefined) =>
    send({ ...options, method: 'POST', path: API_BASE + path, body, answer })
  return {
    signUp: async (credentials, options) => (await post('/accounts', credentials, Session, options)).value,
    signIn: async (credentials, options) => (await post('/sessions', credentials, Session, options)).value,
    async session(options) {
      return (await send({ ...options, method: 'GET', path: `${API_BASE}/session`, answer: Session })).value
    },
    async signOut(options) {
      await run({ ...options, method: 'DELETE', path: `${API_BASE}/session` })
    },
    async changePassword(change, options) {
      await run({ ...options, method: 'PUT', path: `${API_BASE}/account/password`, body: change })
    },
    async listSessions({ signal, ...query } = {}) {
      return (await send({ signal, method: 'GET', path: `${API_BASE}/sessions`, query, answer: SessionPage })).value
    },
    async endSession(sessionId, options) {
      await run({ ...options, method: 'DELETE', path: `${API_BASE}/sessions/${encodeURIComponent(sessionId)}` })
    },
    async deleteAccount(deletion, options) {
      await run({ ...options, method: 'DELETE', path: `${API_BASE}/account`, body: deletion })
    },
    async listTokens({ signal, ...query } = {}) {
      return (await send({ signal, method: 'GET', path: `${API_BASE}/tokens`, query, answer: TokenPage })).value
    },
    createToken: async (token, options) => (await post('/tokens', token, IssuedToken, options)).value,
    async revokeToken(tokenId, options) {
      await run({ ...options, method: 'DELETE', path: `${API_BASE}/tokens/${encodeURIComponent(tokenId)}` })
    },
    async startDevice(clientName, options) {
      return (await post('/device-authorizations', { clientName }, DeviceAuthorization, options)).value
    },
    async pendingDevice(userCode, options) {
      const path = `${API_BASE}/device-authorizations/${encodeURIComponent(userCode)}`
      return (await send({ ...options, method: 'GET', path, answer: PendingDevice })).value
    },
    async approveDevice(userCode, options) {
      const path = `${API_BASE}/device-authorizations/approve`
      await run({ ...options, method: 'POST', path, body: { userCode } })
    },
    async deviceToken(deviceCode, options) {
      return (await post('/device-authorizations/token', { deviceCode }, IssuedToken, options)).value
    },
  }
}

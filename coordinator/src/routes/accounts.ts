import { AccountDeletion, Credentials, PasswordChange, Session } from '@muster/contexts/wire/accounts.ts'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { createOwnAccount, type OwnAccount } from '../accounts/own-account.ts'
import { createPasswordCheck } from '../accounts/password-check.ts'
import { noteSessionEnd } from '../accounts/sessions.ts'
import { type Browser, createSignIn, type SignIn, type StartedSession } from '../accounts/sign-in.ts'
import { revokeApiToken } from '../accounts/tokens.ts'
import { clearSessionCookie, setSessionCookie } from '../http/cookie.ts'
import { accountOf } from '../http/guard.ts'
import type { AccountPrincipal } from '../http/principal.ts'
import { answer, needsAccount, needsSession, noContent, problems } from '../http/replies.ts'
import { refuseCrossSite } from '../http/same-origin.ts'
import type { App, Parts } from '../parts.ts'
import { wireTime } from '../wire-time.ts'

const BODY_LIMIT = 4096
const tags = ['accounts']

/** Accounts and their own session: sign up, sign in, who am I, sign out; new password, no account any more. */
export function registerAccountRoutes(app: App, parts: Parts): void {
  const checkPassword = createPasswordCheck(parts)
  registerSigningIn(app, createSignIn(parts, checkPassword))
  registerOwnSession(app, parts)
  registerOwnAccount(app, parts, createOwnAccount(parts, checkPassword))
}

function registerSigningIn(app: App, signIn: SignIn): void {
  const fromOwnPages = async (request: Parameters<typeof refuseCrossSite>[0]) => refuseCrossSite(request)

  app.post('/accounts', {
    bodyLimit: BODY_LIMIT,
    onRequest: fromOwnPages,
    schema: {
      tags,
      summary: 'Create an account and sign in',
      body: Credentials,
      response: {
        201: answer(Session, 'Signed in; the cookie is set.'),
        ...problems('login-taken', 'registration-closed', 'cross-site'),
      },
    },
    handler: async (request, reply) => {
      const started = await signIn.register(request.body, browserOf(request))
      setSessionCookie(request, reply, started.token)
      return reply.code(201).send(presentStarted(started))
    },
  })

  app.post('/sessions', {
    bodyLimit: BODY_LIMIT,
    onRequest: fromOwnPages,
    schema: {
      tags,
      summary: 'Sign in',
      body: Type.Object({ login: Type.String({ maxLength: 200 }), password: Type.String({ maxLength: 200 }) }),
      response: {
        201: answer(Session, 'Signed in; the cookie is set.'),
        ...problems('wrong-credentials', 'cross-site'),
      },
    },
    handler: async (request, reply) => {
      const started = await signIn.signIn(request.body, browserOf(request))
      setSessionCookie(request, reply, started.token)
      return reply.code(201).send(presentStarted(started))
    },
  })
}

function registerOwnSession(app: App, parts: Parts): void {
  app.get('/session', {
    onRequest: parts.guards.anyAccount,
    schema: {
      tags,
      summary: 'Who is asking',
      ...needsAccount(),
      response: { 200: answer(Session, 'The session or token in use.'), ...problems('not-signed-in') },
    },
    handler: async (request) => presentSession(accountOf(request)),
  })

  app.delete('/session', {
    onRequest: parts.guards.anyAccount,
    schema: {
      tags,
      summary: 'Sign out, or revoke the token that asks',
      ...needsAccount(),
      response: { 204: noContent, ...problems('not-signed-in', 'cross-site') },
    },
    handler: async (request, reply) => {
      await endCredential(parts, accountOf(request))
      clearSessionCookie(request, reply)
      return reply.code(204).send(null)
    },
  })
}

async function endCredential(parts: Parts, principal: AccountPrincipal): Promise<void> {
  const { accountId, credential } = principal
  await parts.store.write(async (tx) => {
    if (principal.kind === 'token') {
      await revokeApiToken(parts, tx, accountId, credential)
      return
    }
    const id = await tx.sessions.remove(credential)
    if (id !== undefined) await noteSessionEnd(parts, tx, accountId, id)
  })
}

function registerOwnAccount(app: App, parts: Parts, ownAccount: OwnAccount): void {
  const failures = problems('not-signed-in', 'scope-missing', 'wrong-password', 'cross-site')

  app.put('/account/password', {
    bodyLimit: BODY_LIMIT,
    onRequest: parts.guards.session,
    schema: {
      tags,
      summary: 'Change the password; all other sessions end',
      ...needsSession,
      body: PasswordChange,
      response: { 204: noContent, ...failures },
    },
    handler: async (request, reply) => {
      await ownAccount.changePassword(request.body, accountOf(request), request.ip)
      return reply.code(204).send(null)
    },
  })

  app.delete('/account', {
    bodyLimit: BODY_LIMIT,
    onRequest: parts.guards.session,
    schema: {
      tags,
      summary: 'Delete the account with its sessions, tokens, contexts and machines',
      ...needsSession,
      body: AccountDeletion,
      response: { 204: noContent, ...failures },
    },
    handler: async (request, reply) => {
      await ownAccount.remove(request.body.password, accountOf(request), request.ip)
      clearSessionCookie(request, reply)
      return reply.code(204).send(null)
    },
  })
}

function browserOf(request: FastifyRequest): Browser {
  return { address: request.ip, userAgent: request.headers['user-agent'] }
}

function presentStarted(started: StartedSession) {
  return presentSession(started.principal)
}

function presentSession(principal: AccountPrincipal): Session {
  const { accountId, login, accountCreatedAt, scopes, expiresAt } = principal
  return {
    account: { id: accountId, login, createdAt: wireTime(accountCreatedAt) },
    scopes: [...scopes],
    expiresAt: wireTime(expiresAt),
  }
}

import { Credentials, Session } from '@muster/contexts/wire/accounts.ts'
import { Type } from 'typebox'
import { createSignIn, type StartedSession } from '../accounts/sign-in.ts'
import { revokeApiToken } from '../accounts/tokens.ts'
import { clearSessionCookie, setSessionCookie } from '../http/cookie.ts'
import { accountOf } from '../http/guard.ts'
import type { AccountPrincipal } from '../http/principal.ts'
import { answer, needsAccount, noContent, problems } from '../http/replies.ts'
import { refuseCrossSite } from '../http/same-origin.ts'
import type { App, Parts } from '../parts.ts'
import { wireTime } from '../wire-time.ts'

const BODY_LIMIT = 4096
const tags = ['accounts']

/** Accounts and sessions: sign up, sign in, who am I, sign out. */
export function registerAccountRoutes(app: App, parts: Parts): void {
  registerSigningIn(app, parts)
  registerOwnSession(app, parts)
}

function registerSigningIn(app: App, parts: Parts): void {
  const signIn = createSignIn(parts)
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
      const started = await signIn.register(request.body, request.ip)
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
      const started = await signIn.signIn(request.body, request.ip)
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
    await tx.sessions.remove(credential)
    const at = parts.clock.now()
    await tx.events.append({ accountId, at, type: 'session-ended', subject: accountId, actor: accountId })
  })
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

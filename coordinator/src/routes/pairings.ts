import {
  Claim,
  ClaimId,
  CompletedPairing,
  CompletePairing,
  IssuedPairing,
  Mailbox,
  MailboxQuery,
  NewClaim,
  NewMessage,
  NewPairing,
  PairingId,
  PostedMessage,
  RejectClaim,
} from '@muster/contexts/wire/pairings.ts'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { closedSignal } from '../http/closed.ts'
import { accountOf } from '../http/guard.ts'
import { answer, needsAccount, needsAgent, noContent, problems } from '../http/replies.ts'
import { createClaims } from '../pairing/claims.ts'
import { createMailboxes, type Party } from '../pairing/mailbox.ts'
import { createPairings } from '../pairing/pairings.ts'
import type { App, Parts } from '../parts.ts'
import type { StoredPairing } from '../store/pairings.ts'

const SMALL_BODY = 16_384
/** A message of the largest size with its claim id. */
const MESSAGE_BODY = 2_001_000
const tags = ['pairings']
const ById = Type.Object({ id: PairingId })
const agent = ['not-signed-in', 'not-found'] as const
const person = ['not-signed-in', 'scope-missing', 'cross-site', 'not-found'] as const

/** Pairing: PINs, claims, and the mailbox between agent and claimant. */
export function registerPairingRoutes(app: App, parts: Parts): void {
  registerPinRoutes(app, parts)
  registerVerdictRoutes(app, parts)
  registerClaimRoutes(app, parts)
  registerMailboxRoutes(app, parts)
}

function registerPinRoutes(app: App, parts: Parts): void {
  const pairings = createPairings(parts)
  const onRequest = parts.guards.agent

  app.post('/pairings', {
    bodyLimit: SMALL_BODY,
    schema: {
      tags,
      summary: 'Ask for a PIN',
      body: NewPairing,
      response: { 201: answer(IssuedPairing, 'The first half of the PIN.'), ...problems('too-large') },
    },
    handler: async (request, reply) => reply.code(201).send(await pairings.issue(request.body, request.ip)),
  })

  app.delete('/pairings/:id', {
    onRequest,
    schema: {
      tags,
      summary: 'Burn the PIN',
      ...needsAgent,
      params: ById,
      response: { 204: noContent, ...problems(...agent) },
    },
    handler: async (request, reply) => {
      await pairings.burn(pairingOf(request))
      return reply.code(204).send(null)
    },
  })
}

function registerVerdictRoutes(app: App, parts: Parts): void {
  const pairings = createPairings(parts)
  const onRequest = parts.guards.agent

  app.post('/pairings/:id/reject-claim', {
    bodyLimit: SMALL_BODY,
    onRequest,
    schema: {
      tags,
      summary: 'Reject a claim',
      ...needsAgent,
      params: ById,
      body: RejectClaim,
      response: { 204: noContent, ...problems(...agent, 'claim-ended') },
    },
    handler: async (request, reply) => {
      await pairings.reject(pairingOf(request), request.body)
      return reply.code(204).send(null)
    },
  })

  app.post('/pairings/:id/complete', {
    bodyLimit: SMALL_BODY,
    onRequest,
    schema: {
      tags,
      summary: 'Accept a claim after key confirmation',
      ...needsAgent,
      params: ById,
      body: CompletePairing,
      response: {
        201: answer(CompletedPairing, 'The claimant owns the machine.'),
        ...problems(...agent, 'claim-ended', 'too-many'),
      },
    },
    handler: async (request, reply) => {
      return reply.code(201).send(await pairings.complete(pairingOf(request), request.body.claimId))
    },
  })
}

function registerClaimRoutes(app: App, parts: Parts): void {
  const claims = createClaims(parts)
  const onRequest = parts.guards.account('pairings:claim')

  app.post('/pairings/claim', {
    bodyLimit: SMALL_BODY,
    onRequest,
    schema: {
      tags,
      summary: 'Claim a machine by the first half of its PIN',
      ...needsAccount('pairings:claim'),
      body: NewClaim,
      response: {
        201: answer(Claim, 'The machine, for the person to recognize.'),
        ...problems(...person, 'pin-unknown'),
      },
    },
    handler: async (request, reply) => {
      const claim = await claims.claim(request.body.locator, accountOf(request), request.ip)
      return reply.code(201).send(claim)
    },
  })

  app.delete('/pairings/:id/claim', {
    onRequest,
    schema: {
      tags,
      summary: 'Give a claim up',
      ...needsAccount('pairings:claim'),
      params: ById,
      querystring: Type.Object({ claim: Type.Optional(ClaimId) }),
      response: { 204: noContent, ...problems(...person) },
    },
    handler: async (request, reply) => {
      await claims.giveUp(request.params.id, request.query.claim, accountOf(request))
      return reply.code(204).send(null)
    },
  })
}

function registerMailboxRoutes(app: App, parts: Parts): void {
  const mailboxes = createMailboxes(parts)
  const onRequest = parts.guards.mailboxParty
  const security = [...needsAgent.security, ...needsAccount('pairings:claim').security]

  app.post('/pairings/:id/messages', {
    bodyLimit: MESSAGE_BODY,
    onRequest,
    schema: {
      tags,
      summary: 'Put a message into the mailbox',
      security,
      params: ById,
      body: NewMessage,
      response: {
        201: answer(PostedMessage, 'Its number.'),
        ...problems(...person, 'claim-ended', 'mailbox-full', 'too-large'),
      },
    },
    handler: async (request, reply) => {
      const sequence = await mailboxes.post(partyOf(request), request.body.claimId, request.body.body)
      return reply.code(201).send({ sequence })
    },
  })

  app.get('/pairings/:id/messages', {
    onRequest,
    schema: {
      tags,
      summary: 'Read the mailbox, waiting for news',
      security,
      params: ById,
      querystring: MailboxQuery,
      response: { 200: answer(Mailbox, 'What there is.'), ...problems(...person, 'too-many-streams') },
    },
    handler: async (request, reply) => {
      const { after, waitMs, state, claim } = request.query
      const signal = AbortSignal.any([closedSignal(reply), parts.stopping])
      return mailboxes.poll(partyOf(request), { after, waitMs, state, claimId: claim }, signal)
    },
  })
}

function pairingOf(request: FastifyRequest): StoredPairing {
  if (request.principal?.kind !== 'agent') throw new Error('the route has no agent guard')
  return request.principal.pairing
}

function partyOf(request: FastifyRequest<{ Params: { id: string } }>): Party {
  if (request.principal?.kind === 'agent') return { kind: 'agent', pairingId: request.principal.pairing.id }
  return { kind: 'claimant', pairingId: request.params.id, by: accountOf(request) }
}

import { type Static, Type } from 'typebox'
import { AccountId } from './accounts.ts'
import { idSchema, Timestamp } from './common.ts'
import { MachineId } from './machines.ts'

export const PairingId = idSchema('pair')
export const ClaimId = idSchema('clm')

/** First half of the PIN, 4 letters: finds the pairing. The second half is the secret and is never sent. */
export const Locator = Type.String({ pattern: '^[BCDFGHJKLMNPQRSTVWXZ]{4}$' })

/** Raw 32-byte Ed25519 public key of the agent, base64url. */
export const AgentPublicKey = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })

/** What an unpaired machine tells about itself, so that a person recognizes the screen in front of her. */
export const MachineFacts = Type.Object({
  hostname: Type.String({ maxLength: 253 }),
  os: Type.String({ maxLength: 200 }),
  architecture: Type.String({ maxLength: 50 }),
  cpus: Type.Integer({ minimum: 1, maximum: 100_000 }),
  memoryMiB: Type.Integer({ minimum: 1, maximum: 100_000_000 }),
  addresses: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 16 }),
  mac: Type.Optional(Type.String({ maxLength: 64 })),
  machineUuid: Type.Optional(Type.String({ maxLength: 64 })),
  image: Type.Optional(Type.String({ maxLength: 200 })),
  agentVersion: Type.String({ maxLength: 50 }),
  bootedAt: Timestamp,
})
export type MachineFacts = Static<typeof MachineFacts>

/** `POST /pairings` by an unpaired agent, without sign-in. */
export const NewPairing = Type.Object({ facts: MachineFacts, agentPublicKey: AgentPublicKey })
export type NewPairing = Static<typeof NewPairing>

/** Its answer (201). `agentToken` authenticates the agent for this pairing only, as a bearer token. */
export const IssuedPairing = Type.Object({
  pairingId: PairingId,
  locator: Locator,
  agentToken: Type.String(),
  /** 15 minutes after issue. */
  expiresAt: Timestamp,
  /** Where a person types the PIN, without scheme when it is https: for the console. */
  verificationUrl: Type.String(),
})
export type IssuedPairing = Static<typeof IssuedPairing>

/**
 * `waiting` for a claim · `claimed` by one account (at most 2 minutes until the handshake) · `completed` · `burned`
 * by the machine (3 wrong PINs or a new PIN) · `expired`.
 */
export const PairingState = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('claimed'),
  Type.Literal('completed'),
  Type.Literal('burned'),
  Type.Literal('expired'),
])
export type PairingState = Static<typeof PairingState>

/** `POST /pairings/claim` by a signed-in person. 404 `pin-unknown` alike for unknown, expired, used and taken. */
export const NewClaim = Type.Object({ locator: Locator })
export type NewClaim = Static<typeof NewClaim>

/** Its answer (201): what the page shows before the person goes on, and what the handshake binds. */
export const Claim = Type.Object({
  claimId: ClaimId,
  pairingId: PairingId,
  facts: MachineFacts,
  agentPublicKey: AgentPublicKey,
  /** Address from which the agent asked for its PIN, as the coordinator saw it. */
  seenFrom: Type.String(),
  accountId: AccountId,
  expiresAt: Timestamp,
})
export type Claim = Static<typeof Claim>

/** Largest mailbox message body in characters (base64url): a 1 MiB context fits, encrypted. */
export const MAX_MESSAGE_CHARS = 2_000_000

/**
 * `POST /pairings/{id}/messages` (agent token, or the claimant with ?claim=clm_…). The coordinator cannot read
 * bodies; it stores and forwards. At most 200 messages and 8 MB a claim.
 */
export const NewMessage = Type.Object({
  claimId: ClaimId,
  body: Type.String({ maxLength: MAX_MESSAGE_CHARS, pattern: '^[A-Za-z0-9_-]*$' }),
})
export type NewMessage = Static<typeof NewMessage>

/** Its answer (201). */
export const PostedMessage = Type.Object({ sequence: Type.Integer({ minimum: 1 }) })

/** Why an agent ended a claim. */
export const RejectionReason = Type.Union([
  Type.Literal('wrong-pin'),
  Type.Literal('protocol'),
  Type.Literal('declined'),
])
export type RejectionReason = Static<typeof RejectionReason>

/** One message, numbered from 1 within the pairing. */
export const MailboxMessage = Type.Object({
  sequence: Type.Integer({ minimum: 1 }),
  claimId: ClaimId,
  body: Type.String(),
})
export type MailboxMessage = Static<typeof MailboxMessage>

/**
 * `GET /pairings/{id}/messages?after=N&waitMs=M` (long poll, M ≤ 25000): messages of the other side with a sequence
 * above N, and the state. Answers at once when there is a message or when the state differs from `?state=`.
 */
export const Mailbox = Type.Object({
  state: PairingState,
  /** For the agent while claimed: who claims, as the coordinator says. */
  claimant: Type.Optional(Type.Object({ claimId: ClaimId, accountId: AccountId, login: Type.String() })),
  /** For a claimant whose claim ended without completion: why. `state` is then `waiting`. */
  claimEnd: Type.Optional(
    Type.Union([
      Type.Literal('wrong-pin'),
      Type.Literal('protocol'),
      Type.Literal('declined'),
      Type.Literal('given-up'),
      Type.Literal('timed-out'),
    ]),
  ),
  messages: Type.Array(MailboxMessage),
})
export type Mailbox = Static<typeof Mailbox>

/** Query of the long poll; `claim` is for the claimant. */
export const MailboxQuery = Type.Object({
  claim: Type.Optional(ClaimId),
  after: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
  waitMs: Type.Integer({ minimum: 0, maximum: 25_000, default: 0 }),
  state: Type.Optional(PairingState),
})

/**
 * `POST /pairings/{id}/reject-claim` by the agent: the handshake of this claim failed; `wrong-pin` counts against the
 * claimant's budget. The pairing is `waiting` again. `DELETE /pairings/{id}` (agent) burns it, `DELETE
 * /pairings/{id}/claim` (claimant) gives the claim up.
 */
export const RejectClaim = Type.Object({
  claimId: ClaimId,
  reason: RejectionReason,
})
export type RejectClaim = Static<typeof RejectClaim>

/** `POST /pairings/{id}/complete` by the agent after key confirmation: the claimant becomes the machine's owner. */
export const CompletePairing = Type.Object({ claimId: ClaimId })
export type CompletePairing = Static<typeof CompletePairing>

/** Its answer (201); repeated for the same claim it gives the same machine and a fresh token. */
export const CompletedPairing = Type.Object({
  machineId: MachineId,
  /** `msm_…`, for `/machines/self/…`. */
  machineToken: Type.String(),
  owner: Type.Object({ accountId: AccountId, login: Type.String() }),
})
export type CompletedPairing = Static<typeof CompletedPairing>

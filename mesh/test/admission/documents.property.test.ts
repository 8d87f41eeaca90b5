import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { issueCertificate, verifyCertificate } from '../../src/admission/certificate.ts'
import { type SignedDefinition, verifyDefinition } from '../../src/admission/definition.ts'
import type { Identity } from '../../src/admission/identity.ts'
import { type JoinAnswer, openJoinAnswer } from '../../src/admission/join.ts'
import { isPeerId, publicKeyOf } from '../../src/admission/peer-id.ts'
import { NO_REVOCATIONS, signRevocations, verifyRevocations } from '../../src/admission/revocation.ts'
import { MeshError } from '../../src/fault.ts'
import { decodeTokenEntry } from '../../src/keeping/token-entry.ts'
import { agentA, CLUSTER, coordinator, defineCluster, identityOf, START } from './cluster.ts'

const TRUST = { cluster: CLUSTER, coordinator: coordinator.peer }
const SLOT = { service: 'worker', cloud: 'a', slot: 0, generation: 0 }
const member = identityOf(70)
const nonce = new Uint8Array(16)

interface Kind {
  readonly name: string
  readonly typ: string
  readonly signer: Identity
  readonly token: string
  readonly read: (token: string) => Promise<unknown>
}

let definition: SignedDefinition
let kinds: readonly Kind[]

beforeAll(async () => {
  definition = await defineCluster()
  const seat = { cluster: CLUSTER, peer: member.peer, role: 'worker', slot: SLOT } as const
  const context = { definition, revocations: NO_REVOCATIONS, now: START }
  const peers = [identityOf(71).peer]
  kinds = [
    {
      name: 'definition',
      typ: 'muster-definition+jwt',
      signer: coordinator,
      token: definition.token,
      read: (token) => verifyDefinition(token, TRUST),
    },
    {
      name: 'certificate',
      typ: 'muster-member+jwt',
      signer: agentA,
      token: await issueCertificate(seat, agentA, { now: START }),
      read: (token) => verifyCertificate(token, context),
    },
    {
      name: 'revocations',
      typ: 'muster-revocations+jwt',
      signer: agentA,
      token: await signRevocations({ cluster: CLUSTER, version: 1, now: START, peers }, agentA),
      read: (token) => verifyRevocations(token, definition),
    },
  ]
})

/** `taken`, `refused`, or what should not have happened. */
async function outcomeOf(reading: Promise<unknown>): Promise<unknown> {
  try {
    await reading
    return 'taken'
  } catch (error) {
    return error instanceof MeshError ? 'refused' : error
  }
}

const claimsOf = (token: string): unknown =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))

/** Any text, most of it not far from a compact JWS. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.base64String({ maxLength: 60 }), { maxLength: 4 }).map((parts) => parts.join('.')),
  fc
    .tuple(fc.json(), fc.json(), fc.string({ maxLength: 90 }))
    .map((parts) => parts.map((part) => Buffer.from(part).toString('base64url')).join('.')),
)

/** A small change to a token: a character, a cut, a doubled piece. */
const change = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('character', 'cut', 'double'),
  character: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function changed(token: string, { at, kind, character }: Change): string {
  const place = at % token.length
  if (kind === 'cut') return token.slice(0, place)
  if (kind === 'double') return token.slice(0, place) + token.slice(Math.max(0, place - 20))
  return token.slice(0, place) + character + token.slice(place + 1)
}

/** Claims with the value at one place, however deep, replaced. */
function replaced(claims: unknown, at: number, value: unknown): unknown {
  const places: string[][] = []
  const visit = (part: unknown, path: string[]) => {
    if (path.length > 0) places.push(path)
    if (typeof part !== 'object' || part === null) return
    for (const [key, inner] of Object.entries(part)) visit(inner, [...path, key])
  }
  visit(claims, [])
  const [...path] = places[at % places.length] ?? []
  const put = (part: unknown, depth: number): unknown => {
    const key = path[depth]
    if (key === undefined) return value
    if (Array.isArray(part)) return part.map((inner, index) => (String(index) === key ? put(inner, depth + 1) : inner))
    const fields = part as Readonly<Record<string, unknown>>
    return { ...fields, [key]: put(fields[key], depth + 1) }
  }
  return put(claims, 0)
}

describe('Signed documents', () => {
  it('are never read out of any text', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        for (const { name, read } of kinds) expect(await outcomeOf(read(text)), name).toBe('refused')
      }),
      { numRuns: 200 },
    )
  })

  it('are refused after any change of their characters', async () => {
    await fc.assert(
      fc.asyncProperty(change, async (one) => {
        for (const { name, token, read } of kinds) {
          const text = changed(token, one)
          expect(await outcomeOf(read(text)), name).toBe(text === token ? 'taken' : 'refused')
        }
      }),
      { numRuns: 200 },
    )
  })

  it('are taken or refused, and nothing else, when their own signer wrote any value at any place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.jsonValue({ maxDepth: 3 }), async (at, value) => {
        for (const { name, typ, signer, token, read } of kinds) {
          const claims = replaced(claimsOf(token), at, value)
          const signed = await signer.signJws(claims as object, typ)
          expect(['taken', 'refused'], name).toContain(await outcomeOf(read(signed)))
        }
      }),
      { numRuns: 200 },
    )
  })

  it('have one text only: no other end of the signature means the same', async () => {
    const ends = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
    for (const { name, token, read } of kinds) {
      const texts = [...ends.map((end) => token.slice(0, -1) + end), `${token}\n`, `${token} `, `${token}=`]
      for (const text of texts.filter((each) => each !== token)) {
        expect(await outcomeOf(read(text)), `${name} ${JSON.stringify(text.slice(-2))}`).toBe('refused')
      }
    }
  })

  it('are not taken for one another', async () => {
    for (const { name, token } of kinds) {
      for (const { name: other, read } of kinds) {
        expect(await outcomeOf(read(token)), `${name} as ${other}`).toBe(name === other ? 'taken' : 'refused')
      }
    }
  })

  it('are refused by their size before they are looked at', async () => {
    const huge = `${'A'.repeat(4_000_000)}.${'A'.repeat(4_000_000)}.AAAA`
    for (const { name, read } of kinds) {
      await expect(read(huge), name).rejects.toMatchObject({ code: 'too-large' })
    }
  })
})

describe('Everything else that is read from others', () => {
  it('in an answer to a join is taken or refused, whatever stands in it', async () => {
    const [, certificate, revocations] = kinds
    const valid: Extract<JoinAnswer, { readonly outcome: 'admitted' }> = {
      outcome: 'admitted',
      version: 1,
      nonce,
      certificate: certificate?.token ?? '',
      definition: definition.token,
      revocations: [revocations?.token ?? ''],
    }
    const asked = { trust: TRUST, peer: member.peer, nonce, now: START }
    expect(await outcomeOf(openJoinAnswer(valid, asked))).toBe('taken')
    const parts = fc.record({
      certificate: fc.oneof(anyText, change),
      definition: fc.oneof(anyText, change),
      revocations: fc.array(anyText, { maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(parts, async (part) => {
        const pick = (own: string, other: string | Change) => (typeof other === 'string' ? other : changed(own, other))
        const answer: JoinAnswer = {
          ...valid,
          certificate: pick(valid.certificate, part.certificate),
          definition: pick(valid.definition, part.definition),
          revocations: part.revocations,
        }
        expect(['taken', 'refused']).toContain(await outcomeOf(openJoinAnswer(answer, asked)))
      }),
      { numRuns: 100 },
    )
  })

  it('as a PeerId is one or none', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      change.map((one) => changed(member.peer, one)),
    )
    fc.assert(
      fc.property(text, (peer) => {
        if (isPeerId(peer)) expect(publicKeyOf(peer)).toHaveLength(32)
        else expect(() => publicKeyOf(peer)).toThrow(MeshError)
      }),
    )
  })

  it('as a line of a journal is one or none', () => {
    const issued = {
      type: 'issued',
      token: { hash: 'a'.repeat(64), cluster: CLUSTER, role: 'worker', slot: SLOT, expiresAt: START },
    }
    expect(decodeTokenEntry(issued)).toEqual(issued)
    fc.assert(
      fc.property(fc.nat(), fc.jsonValue({ maxDepth: 3 }), (at, value) => {
        const entry = replaced(issued, at, value)
        const decoded = decodeTokenEntry(entry)
        if (decoded !== undefined) expect(decoded).toBe(entry)
      }),
    )
  })
})

import type { Log } from '@muster/runtime/log.ts'
import { verifyCertificate } from '../admission/certificate.ts'
import { type SignedDefinition, type Trust, verifyDefinition } from '../admission/definition.ts'
import { RENEWAL_GRACE_MS } from '../admission/issuer.ts'
import type { PeerId } from '../admission/membership.ts'
import { causeOf, type RefusalCause } from '../admission/refusals.ts'
import { addRevocations, NO_REVOCATIONS, type RevocationBook, verifyRevocations } from '../admission/revocation.ts'
import { MeshError } from '../fault.ts'
import type { KeptDocuments } from '../keeping/mesh-keeping.ts'
import type { Credentials } from './joining.ts'

/** What kept documents are checked against. */
export interface RestoreContext {
  readonly trust: Trust
  readonly self: PeerId
  readonly now: number
  readonly log: Log
}

/** What was kept and still holds; the certificate may have expired within the grace of its renewal. */
export type Restored =
  | { readonly outcome: 'restored'; readonly credentials: Credentials }
  | { readonly outcome: 'none'; readonly cause: RefusalCause; readonly definition: SignedDefinition | undefined }

/** Checks the documents of a folder as if somebody had sent them. */
export async function restoreCredentials(kept: KeptDocuments, context: RestoreContext): Promise<Restored> {
  const { trust, self, now, log } = context
  let definition: SignedDefinition | undefined
  try {
    if (kept.definition !== undefined) definition = await verifyDefinition(kept.definition, trust)
    const { certificate } = kept
    if (definition === undefined || certificate === undefined) {
      return { outcome: 'none', cause: 'no-certificate', definition }
    }
    const revocations = await mergeRevocations(NO_REVOCATIONS, kept.revocations, definition)
    const expiredForMs = RENEWAL_GRACE_MS
    const membership = await verifyCertificate(certificate, { definition, revocations, now, expiredForMs })
    if (membership.peer !== self) return { outcome: 'none', cause: 'certificate-other-peer', definition }
    return { outcome: 'restored', credentials: { membership, certificate, definition, revocations } }
  } catch (error) {
    if (!(error instanceof MeshError)) throw error
    log.warn({ error, cluster: trust.cluster }, 'The kept certificate does not hold any more')
    return { outcome: 'none', cause: causeOf(error), definition }
  }
}

/** The book with lists added as far as they hold and are newer; the others are left out. */
export async function mergeRevocations(
  book: RevocationBook,
  tokens: readonly string[],
  definition: SignedDefinition,
): Promise<RevocationBook> {
  let merged = book
  for (const token of tokens) {
    try {
      merged = addRevocations(merged, await verifyRevocations(token, definition))
    } catch (error) {
      if (!(error instanceof MeshError)) throw error
    }
  }
  return merged
}

import { createTurns } from '../turns.ts'
import {
  causeAgainstIssue,
  decideToken,
  type IssuedToken,
  ledgerOf,
  nextLedger,
  openTokensOf,
  type ShownToken,
  type TokenEntry,
  type TokenLedger,
} from './join-token.ts'
import type { PeerId } from './membership.ts'
import { refusal } from './refusals.ts'

/** Where an issuer keeps what must survive its restart. Calls do not overlap. */
export interface IssuerJournal {
  /** All lines in the order in which they were added. */
  readonly load: () => Promise<readonly TokenEntry[]>
  /** Resolves when the line will survive a crash of the machine. A rejected line may be there all the same. */
  readonly append: (entry: TokenEntry) => Promise<void>
}

/** The ledger of join tokens with its journal: what it says was persisted first. */
export interface TokenOffice {
  readonly ledger: () => TokenLedger
  /**
   * Adds a token and voids the open ones of its place.
   *
   * @throws {MeshError} refused - the place is held in this or a later generation, or the journal cannot be written
   */
  readonly issue: (token: IssuedToken) => Promise<void>
  /** The token that is shown, without using it. @throws {MeshError} bad-token, refused - it could not be used */
  readonly look: (shown: ShownToken, now: number) => IssuedToken
  /**
   * Uses a token for its peer, or does nothing if that peer has used it before. Resolves when the use is persisted.
   *
   * @throws {MeshError} bad-token, refused - as `look`, or the journal cannot be written
   */
  readonly use: (shown: ShownToken, now: number) => Promise<void>
}

/** The office as its journal left it. @throws what `journal.load` throws */
export async function openTokenOffice(journal: IssuerJournal): Promise<TokenOffice> {
  let ledger: TokenLedger = ledgerOf(await journal.load())
  /** Tokens whose use may or may not have reached the journal: for whom, so that nobody else gets them. */
  const doubtful = new Map<string, PeerId>()
  const inTurn = createTurns()

  const record = async (entry: TokenEntry) => {
    try {
      await journal.append(entry)
    } catch (cause) {
      throw refusal('try-later', 'The journal of join tokens cannot be written', { cause })
    }
    ledger = nextLedger(ledger, entry)
  }
  const decide = (shown: ShownToken, now: number) => {
    const decision = decideToken(ledger, shown, now)
    if (decision.decision === 'refuse') throw refusal(decision.cause, `A join request was refused: ${decision.cause}`)
    const user = doubtful.get(decision.token.hash) ?? shown.peer
    if (user !== shown.peer) throw refusal('token-used', 'A join token of another peer')
    return decision
  }

  return {
    ledger: () => ledger,
    issue: (token) =>
      inTurn(async () => {
        const cause = causeAgainstIssue(ledger, token.slot)
        if (cause !== undefined) throw refusal(cause, `The place of ${token.slot.service} ${token.slot.slot} is taken`)
        for (const { hash, slot } of openTokensOf(ledger, token.slot)) {
          const isAmbiguous = doubtful.has(hash) && slot.generation >= token.slot.generation
          if (isAmbiguous) throw refusal('try-later', 'A use of this place may or may not be in the journal')
          await record({ type: 'voided', hash })
        }
        await record({ type: 'issued', token })
      }),
    look: (shown, now) => decide(shown, now).token,
    use: (shown, now) =>
      inTurn(async () => {
        const decision = decide(shown, now)
        if (decision.decision === 'repeat') return
        doubtful.set(decision.token.hash, shown.peer)
        await record(decision.entry)
        doubtful.delete(decision.token.hash)
      }),
  }
}

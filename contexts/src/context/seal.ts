import { armor, Decrypter, Encrypter, type Identity, type Stanza } from 'age-encryption'
import { ContextError } from '../fault.ts'
import type { Secret } from '../secret.ts'
import { MAX_CONTEXT_BYTES } from '../userdata/document.ts'
import { MAX_STORED_CONTEXT_CHARS } from '../wire/contexts.ts'

/** How to seal. */
export interface SealOptions {
  /**
   * Base-2 logarithm of the cost of scrypt, 1 to 20: one more doubles the time of every guess, and of opening.
   * @default 18
   */
  readonly workFactor?: number
}

/** Cost of the age program itself: about two seconds in a browser. */
export const DEFAULT_WORK_FACTOR = 18
/** Below it a stolen sealed context could be opened by trying. */
export const MIN_PASSPHRASE_CHARS = 10
/** Longer input is a mistake, a file for example. */
export const MAX_PASSPHRASE_CHARS = 1024

const ARMOR_START = '-----BEGIN AGE ENCRYPTED FILE-----'

/** True when a text is an age file in its ASCII form, as `sealText` makes it. */
export function isSealed(text: string): boolean {
  return text.trimStart().startsWith(ARMOR_START)
}

/**
 * Seals a text with a passphrase, in the age format with ASCII armor: the `age` program opens it too.
 *
 * @throws {ContextError} weak-passphrase; too-large - above the limit of a context; not-text - half a surrogate pair
 */
export async function sealText(text: string, passphrase: Secret, options: SealOptions = {}): Promise<string> {
  checkPassphrase(passphrase)
  const bytes = new TextEncoder().encode(text)
  if (bytes.length > MAX_CONTEXT_BYTES) throw tooLarge(`The context has ${bytes.length} bytes`)
  if (!text.isWellFormed()) throw new ContextError('not-text', 'The context holds half a character')
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase.reveal())
  encrypter.setScryptWorkFactor(options.workFactor ?? DEFAULT_WORK_FACTOR)
  return armor.encode(await encrypter.encrypt(bytes))
}

/**
 * Opens what `sealText` or `age --passphrase --armor` made.
 *
 * @throws {ContextError} wrong-passphrase; damaged - cut, altered, or sealed otherwise; too-large
 */
export async function openText(armored: string, passphrase: Secret): Promise<string> {
  if (armored.length > MAX_STORED_CONTEXT_CHARS) throw tooLarge(`The sealed context has ${armored.length} characters`)
  if (passphrase.length > MAX_PASSPHRASE_CHARS) throw wrongPassphrase()
  const lastResort = createLastResort()
  const decrypter = new Decrypter()
  decrypter.addPassphrase(passphrase.reveal())
  decrypter.addIdentity(lastResort)
  let bytes: Uint8Array
  try {
    bytes = await decrypter.decrypt(armor.decode(armored.trim()))
  } catch (cause) {
    throw lastResort.outcome() ?? damaged('it was cut or altered', cause)
  }
  if (bytes.length > MAX_CONTEXT_BYTES) throw tooLarge(`The opened context has ${bytes.length} bytes`)
  return decodeUtf8(bytes)
}

/** Asked only when the passphrase opened nothing; so it tells a wrong passphrase from a damaged text. */
function createLastResort(): Identity & { outcome(): ContextError | undefined } {
  let outcome: ContextError | undefined
  return {
    unwrapFileKey(stanzas: Stanza[]) {
      const isForPassphrase = stanzas.some((stanza) => stanza.args[0] === 'scrypt')
      outcome = isForPassphrase ? wrongPassphrase() : damaged('it was sealed for a key, not with a passphrase')
      return null
    },
    outcome: () => outcome,
  }
}

function checkPassphrase(passphrase: Secret): void {
  if (passphrase.length >= MIN_PASSPHRASE_CHARS && passphrase.length <= MAX_PASSPHRASE_CHARS) return
  const rule = `A passphrase has ${MIN_PASSPHRASE_CHARS} to ${MAX_PASSPHRASE_CHARS} characters`
  throw new ContextError('weak-passphrase', `${rule}; this one has ${passphrase.length}`, {
    hint: 'Four or five unrelated words are easy to remember and hard to guess.',
  })
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw damaged('what it holds is not a text', cause)
  }
}

function wrongPassphrase(): ContextError {
  return new ContextError('wrong-passphrase', 'The passphrase does not open this context', {
    hint: 'Upper and lower case matter. A forgotten passphrase cannot be recovered: seal the context anew.',
  })
}

function damaged(why: string, cause?: unknown): ContextError {
  return new ContextError('damaged', `The sealed context cannot be opened: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Fetch it again, or publish it again from the original text.',
  })
}

function tooLarge(what: string): ContextError {
  return new ContextError('too-large', `${what}, which is above the limit`, {
    hint: 'Fetch large files in the script of the context instead of carrying them in it.',
  })
}

import { ApiError } from '@muster/contexts/api/api-error.ts'
import { CodedError } from '@muster/contexts/fault.ts'

/** An error as a person reads it. */
export interface Explained {
  readonly title: string
  readonly detail: string
  /** What to do next. */
  readonly hint: string | undefined
  /** Problems of single fields. */
  readonly items: readonly string[]
}

/** Titles of errors that a person can do something about; others get a general one. */
const TITLES: Readonly<Record<string, string>> = {
  unreachable: 'The coordinator cannot be reached',
  unavailable: 'The coordinator is not ready',
  'bad-answer': 'The answer makes no sense',
  'invalid-request': 'Something in it is not valid',
  'not-signed-in': 'You are signed out',
  'wrong-credentials': 'Wrong name or password',
  'wrong-password': 'Wrong password',
  'registration-closed': 'Registration is closed',
  'login-taken': 'This name is taken',
  'name-taken': 'This name is taken',
  'not-found': 'Not found',
  'precondition-failed': 'It was changed meanwhile',
  'cluster-name-taken': 'This name is taken',
  'invalid-cluster': 'This definition makes no sense',
  'no-such-place': 'There is no such place',
  'no-free-place': 'All places are taken',
  'mesh-off': 'This coordinator takes no part in the mesh',
  'context-in-use': 'This context is in use',
  'too-many': 'There are too many of these',
  'too-large': 'Too large',
  'slow-down': 'Too many tries',
  'device-code-expired': 'This code is not known',
  'pin-unknown': 'No machine shows this PIN',
  'pin-wrong': 'Wrong PIN',
  'pin-format': 'This is not a whole PIN',
  declined: 'The machine declined',
  'machine-silent': 'The machine went away',
  'claim-ended': 'The pairing has ended',
  ended: 'The pairing has ended',
  protocol: 'The machine was not understood',
  forged: 'A message was altered on its way',
  'weak-passphrase': 'The passphrase is too weak',
  'wrong-passphrase': 'Wrong passphrase',
  damaged: 'The sealed text is damaged',
}

/** Words that fit a page better than those for a command line. */
const PAGE_HINTS: Readonly<Record<string, string>> = {
  unreachable: 'Check your network connection, then try again.',
  'slow-down': 'Wait a little, then try again.',
  'not-signed-in': 'Sign in again; what you typed stays on this page until you leave it.',
}

/** Turns anything thrown into words: what happened, and what to do. Never shows a stack. */
export function explainError(error: unknown): Explained {
  if (error instanceof CodedError) {
    const code: string = error.code
    return {
      title: TITLES[code] ?? 'That did not work',
      detail: code === 'unreachable' ? 'There was no answer.' : error.message,
      hint: PAGE_HINTS[code] ?? error.hint,
      items: error instanceof ApiError ? error.errors.map((item) => describeItem(item.pointer, item.detail)) : [],
    }
  }
  const isStale = error instanceof TypeError && /import|module|fetch/i.test(error.message)
  return {
    title: 'That did not work',
    detail: isStale ? 'A part of this page could not be loaded.' : 'Something in this page failed unexpectedly.',
    hint: 'Load the page again. If it happens again, tell the operator of this coordinator what you did.',
    items: [],
  }
}

/** How long to wait before the next try, in whole seconds; 0 when the error asks for no pause. */
export function pauseSeconds(error: unknown): number {
  if (!(error instanceof ApiError)) return 0
  return Math.ceil((error.retryAfterMs ?? 0) / 1000)
}

function describeItem(pointer: string, detail: string): string {
  const field = pointer.replace(/^\//, '').replaceAll('/', ', ')
  return field === '' ? detail : `${field}: ${detail}`
}

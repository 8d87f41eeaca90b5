import { CodedError } from '../fault.ts'

/**
 * Why a channel cannot be believed.
 *
 * `too-large` longer than a channel can be · `malformed` it is no channel that this version understands ·
 * `unknown-key` signed by a key that is not among the pinned ones, or not as it says · `wrong-channel` it was signed for
 * another channel · `bad-keys` the list of pinned keys holds something else than keys, or none
 */
export type ReleaseErrorCode = 'too-large' | 'malformed' | 'unknown-key' | 'wrong-channel' | 'bad-keys'

/** A channel or a list of keys that cannot be used; exit code 65. */
export class ReleaseError extends CodedError<ReleaseErrorCode> {}

import { CodedError } from '@muster/contexts/fault.ts'

/**
 * Why a release cannot be published or checked.
 *
 * `usage` the command line is wrong · `exists` a key would be written over · `bad-key` the file holds no private key of
 * Ed25519 · `bad-file` a program cannot be read, or does not tell its version · `older` agents would refuse it, since
 * the channel has had a later one
 */
export type PublishErrorCode = 'usage' | 'exists' | 'bad-key' | 'bad-file' | 'older'

/** Something that cannot be published; exit code 64 for `usage`, else 65. */
export class PublishError extends CodedError<PublishErrorCode> {}

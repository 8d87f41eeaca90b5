import { CodedError } from '../fault.ts'

/**
 * Why there is no user-data.
 *
 * `too-large` above what clouds take · `no-agent` the release has no agent for any machine · `bad-address` an address
 * that machines cannot use · `bad-join` the text has no usable `[muster]` section · `sealed` the context is encrypted
 */
export type BootstrapErrorCode = 'too-large' | 'no-agent' | 'bad-address' | 'bad-join' | 'sealed'

/** User-data that cannot be made; exit code 65. */
export class BootstrapError extends CodedError<BootstrapErrorCode> {}

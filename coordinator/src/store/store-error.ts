import { CodedError } from '@muster/contexts/fault.ts'

/**
 * Why the store cannot be used.
 *
 * `too-new` it was written by a newer program · `not-migrated` its tables are older than this program ·
 * `unusable` it cannot be opened, read or written · `not-empty` a restore would overwrite data ·
 * `damaged` a backup whose checksum or content is wrong
 */
export type StoreErrorCode = 'too-new' | 'not-migrated' | 'unusable' | 'not-empty' | 'damaged'

/** A store that cannot be used; exit code 78 (`too-new`, `not-migrated`), 65 (`damaged`), else 70. */
export class StoreError extends CodedError<StoreErrorCode> {}

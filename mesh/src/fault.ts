import { CodedError } from '@muster/contexts/fault.ts'

/**
 * Why something in the mesh was not accepted.
 *
 * `refused` the other side does not let this member do it · `unreachable` no connection or no answer in time ·
 * `version-mismatch` a message of a version that is not spoken here · `bad-signature` a signature does not hold ·
 * `bad-certificate` a membership certificate is forged, of another cluster, expired or revoked · `bad-token` a join
 * token is unknown, used, expired or of another slot · `stale-record` older than what is known · `wrong-role` the role
 * of the owner does not allow this kind of record · `too-large` above a limit · `malformed` not of the schema ·
 * `not-found` nobody who answers has it · `no-space` the disk is full or the bound of a cache reached · `damaged` stored
 * bytes are not what was stored · `storage-failed` the disk refuses
 */
export type MeshErrorCode =
  | 'refused'
  | 'unreachable'
  | 'version-mismatch'
  | 'bad-signature'
  | 'bad-certificate'
  | 'bad-token'
  | 'stale-record'
  | 'wrong-role'
  | 'too-large'
  | 'malformed'
  | 'not-found'
  | 'no-space'
  | 'damaged'
  | 'storage-failed'

/** Something in the mesh that was not accepted; exit code 69. */
export class MeshError extends CodedError<MeshErrorCode> {}

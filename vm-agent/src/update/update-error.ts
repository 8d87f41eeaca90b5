import { CodedError } from '@muster/contexts/fault.ts'

/**
 * Why an update did not come about.
 *
 * `no-source` nothing to update from is configured · `no-keys` no release key is pinned · `unreachable` the channel or
 * file could not be fetched · `no-channel` there is no such channel · `refused` the release is not for this machine, or
 * not newer than what was seen before · `damaged` what came is not what the release says · `disk-full` there is no room ·
 * `self-check` the new version does not work here · `state` the folder of versions cannot be read or written ·
 * `no-agent` nobody is there to be updated
 */
export type UpdateErrorCode =
  | 'no-source'
  | 'no-keys'
  | 'unreachable'
  | 'no-channel'
  | 'refused'
  | 'damaged'
  | 'disk-full'
  | 'self-check'
  | 'state'
  | 'no-agent'

/** An update that did not come about; the agent goes on as it is. */
export class UpdateError extends CodedError<UpdateErrorCode> {}

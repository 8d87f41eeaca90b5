import { CodedError } from '@muster/contexts/fault.ts'

/**
 * Why the agent of this machine cannot be asked.
 *
 * `no-agent` none runs · `no-cluster` it runs, and the machine is in no cluster · `not-permitted` it is somebody else's
 * agent · `busy` too many ask already · `not-understood` it is of another version, or ended in the middle
 */
export type ControlErrorCode = 'no-agent' | 'no-cluster' | 'not-permitted' | 'busy' | 'not-understood'

/** The agent of this machine cannot be asked. */
export class ControlError extends CodedError<ControlErrorCode> {}

import type { MachineMessage } from '@muster/contexts/wire/channel.ts'

/** Why the machine ends a conversation. */
export type FarewellReason = 'protocol' | 'renewed' | 'removed' | 'stopping'

const WORDS: Readonly<Record<FarewellReason, string>> = {
  protocol: 'it could not read a message, or got one out of order',
  renewed: 'somebody at the machine asked for a new PIN',
  removed: 'its owner has removed it',
  stopping: 'its agent was stopped',
}

/** The last message to a claimant, who would wait for an answer in vain otherwise. */
export function farewell(reason: FarewellReason): Extract<MachineMessage, { type: 'closed' }> {
  return { type: 'closed', code: reason, message: WORDS[reason] }
}

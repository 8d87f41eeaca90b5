import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { type AgentFlags, type AgentSettings, loadAgentSettings } from '../config/agent-settings.ts'
import { AgentError } from '../identity/agent-error.ts'
import { askForPin } from '../identity/pair-request.ts'
import { dropPairingRecord, loadPairingRecord } from '../identity/pairing-record.ts'
import { endWithFault } from './run-fault.ts'

/** Flags of `pair`. */
interface PairFlags extends Pick<AgentFlags, 'config' | 'root' | 'state'> {
  readonly yes?: boolean
}

/** Adds `muster-agent pair`. */
export function registerPair(program: Command): void {
  program
    .command('pair')
    .description('show a new PIN, so that somebody can (again) become the owner of this machine')
    .option('--root <dir>', 'directory that is the machine (default: /)')
    .option('--state <dir>', 'state directory of the agent (default: ROOT/var/lib/muster)')
    .option('--config <file>', 'configuration file of the agent (default: /etc/muster/agent.conf, if it is there)')
    .option('--yes', 'end the pairing that there is')
    .action(async (flags: PairFlags) => {
      try {
        const settings = await loadAgentSettings(flags, { needsCoordinator: false })
        process.stdout.write(`${(await pair(settings, flags.yes === true)).join('\n')}\n`)
        process.exitCode = EXIT.done
      } catch (error) {
        endWithFault(error)
      }
    })
}

/**
 * Ends the pairing on this machine and asks the agent for a new PIN.
 *
 * @returns what to do next, as lines
 * @throws {AgentError} already-paired - and not confirmed; state-unusable
 */
export async function pair(
  { stateDir }: Pick<AgentSettings, 'stateDir'>,
  isConfirmed: boolean,
): Promise<readonly string[]> {
  const owner = await ownerOf(stateDir)
  if (owner !== undefined && !isConfirmed) {
    throw new AgentError('already-paired', `This machine belongs to ${owner}`, {
      hint: 'To end that and show a new PIN, say so: muster-agent pair --yes. What was configured stays as it is.',
    })
  }
  await dropPairingRecord(stateDir)
  await askForPin(stateDir)
  return [
    ...(owner === undefined ? [] : [`This machine does not belong to ${owner} any more.`]),
    'A new PIN comes on the console of this machine within a few seconds, if the agent runs there;',
    'otherwise when it is started next: systemctl start muster-agent, or muster-agent run.',
  ]
}

/** A damaged record is a pairing too: it is not given up without a word. */
async function ownerOf(stateDir: string): Promise<string | undefined> {
  try {
    return (await loadPairingRecord(stateDir))?.owner.login
  } catch (error) {
    if (error instanceof AgentError && error.code === 'state-damaged') return 'somebody (its record is damaged)'
    throw error
  }
}

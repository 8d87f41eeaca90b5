import { printable } from '@muster/contexts/userdata/printable.ts'
import { EXIT } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { askAgent } from '../directory/ask-agent.ts'
import type { TraceLine } from '../directory/control-messages.ts'
import { type AskOptions, agentPlaceOf, withAskOptions } from './ask-options.ts'
import { runCommand } from './command-error.ts'
import { type CommandIo, print, warn } from './command-io.ts'
import { shortPeer } from './text-table.ts'

const EVENT_WIDTH = 12
const PEER_WIDTH = 9
const HELP = `
The agent keeps the newest few hundred entries, oldest first; times are UTC. With --json each entry is one line.

Exit codes: 0 done, 69 no agent runs or it is in no cluster, 77 not permitted.`

interface TraceFlags extends AskOptions {
  readonly follow?: boolean
}

/** Adds `trace`: what has happened in the cluster, as this machine saw it. */
export function registerTrace(program: Command, io: CommandIo): void {
  withAskOptions(program.command('trace').description('show what has happened in the cluster'))
    .option('--follow', 'go on with what happens, until stopped')
    .addHelpText('after', HELP)
    .action((flags: TraceFlags) => runCommand(io, flags.json === true, () => trace(io, flags)))
}

async function trace(io: CommandIo, flags: TraceFlags) {
  const request = { v: 1, ask: 'trace', follow: flags.follow === true ? 'changes' : 'no' } as const
  const messages = askAgent(await agentPlaceOf(io, flags), request, io.signal)
  try {
    for await (const { entries, cluster } of messages) {
      if (entries.length === 0 && flags.json !== true) warn(io, `Nothing has happened in cluster ${cluster} yet.`)
      for (const entry of entries) print(io, flags.json === true ? JSON.stringify(entry) : lineOf(entry))
    }
  } catch (error) {
    // Asked to stop while it followed: that is no failure.
    if (flags.follow !== true || !io.signal.aborted) throw error
  }
  return EXIT.done
}

function lineOf({ at, event, peer, text }: TraceLine): string {
  const who = peer === undefined ? '-' : shortPeer(peer)
  return `${at}  ${printable(event).padEnd(EVENT_WIDTH)}  ${printable(who).padEnd(PEER_WIDTH)}  ${printable(text)}`.trimEnd()
}

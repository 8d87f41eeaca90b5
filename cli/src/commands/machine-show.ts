import { interruptedApply, interruptedWords } from '@muster/contexts/wire/interrupted-apply.ts'
import type { Machine } from '@muster/contexts/wire/machines.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import type { CommandHost } from '../command-host.ts'
import { describeContext, findMachine } from '../machine.ts'
import { openServer } from '../server.ts'
import { formatFields } from '../table.ts'
import type { CliWorld } from '../world.ts'

/** `muster machine show` */
export function addMachineShow(parent: Command, host: CommandHost): void {
  const command = parent
    .command('show')
    .description('show what a machine has reported')
    .argument('<machine>', 'name or id')
  command.action((wanted: string) => host.run(command, (world) => show(world, wanted)))
}

async function show(world: CliWorld, wanted: string): Promise<ExitCode> {
  const machine = await findMachine(world, await openServer(world), wanted)
  const { status } = machine
  world.terminal.print(
    formatFields(world.terminal, [
      ['name', machine.name],
      ['id', machine.id],
      ['state', machine.isOnline ? status.state : `silent, was ${status.state}`],
      ['context', describeContext(machine) || 'none'],
      ['last apply', describeApply(machine)],
      ['hostname', status.hostname],
      ['addresses', status.addresses.join(', ') || undefined],
      ['agent', status.agentVersion],
      ['paired', machine.pairedAt],
      ['last seen', machine.lastSeenAt],
    ]),
  )
  world.terminal.printJson({ machine })
  return EXIT.done
}

function describeApply({ status }: Machine): string | undefined {
  if (status.progress !== undefined) return `${status.progress.done} of ${status.progress.total} steps done`
  const last = status.lastApply
  if (last === undefined) return undefined
  const interrupted = interruptedApply(last)
  if (interrupted !== undefined) {
    const { startedAt, takenBackAt } = interrupted
    const begun = startedAt === undefined ? '' : `begun ${startedAt}, `
    return `${last.outcome}: ${interruptedWords(interrupted)} (${begun}next start ${takenBackAt})`
  }
  const seconds = (last.durationMs / 1000).toFixed(1)
  const code = last.errorCode === undefined ? '' : ` (${last.errorCode})`
  const rest = last.notDone === 0 ? '' : `, ${last.notDone} not done`
  return `${last.outcome}${code}: ${last.changes} changes${rest}, ${last.warnings} warnings, ${seconds} s, ${last.finishedAt}`
}

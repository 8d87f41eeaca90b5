import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import { formatFields } from '../table.ts'
import type { CliWorld } from '../world.ts'
import { signInJson } from './login.ts'

/** `muster whoami` */
export function addWhoami(parent: Command, host: CommandHost): void {
  const command = parent.command('whoami').description('show the coordinator, your account and what the token may do')
  command.action(() => host.run(command, whoami))
}

async function whoami(world: CliWorld): Promise<ExitCode> {
  const api = await openServer(world)
  const session = await api.accounts.session({ signal: world.signal })
  const { account, scopes, expiresAt } = session
  world.terminal.print(
    formatFields(world.terminal, [
      ['server', api.baseUrl],
      ['account', account.login],
      ['may', scopes.join(', ')],
      ['until', expiresAt],
    ]),
  )
  world.terminal.printJson(signInJson(api.baseUrl, session))
  return EXIT.done
}

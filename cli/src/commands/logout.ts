import { ApiError } from '@muster/contexts/api/api-error.ts'
import { Secret } from '@muster/contexts/secret.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import type { CommandHost } from '../command-host.ts'
import { loadCredentials, removeSignIn } from '../credentials.ts'
import { connect, findServer } from '../server.ts'
import type { CliWorld } from '../world.ts'

/** `muster logout` */
export function addLogout(parent: Command, host: CommandHost): void {
  const command = parent.command('logout').description('revoke the stored token and forget it')
  command.action(() => host.run(command, logout))
}

async function logout(world: CliWorld): Promise<ExitCode> {
  const server = await findServer(world)
  const { signIns } = await loadCredentials(world.environment.configFolder)
  const stored = signIns[server]
  let isRevoked = false
  if (stored !== undefined) {
    isRevoked = await revoke(world, server, new Secret(stored.token))
    await removeSignIn(world.environment.configFolder, server)
  }
  if (stored !== undefined && !isRevoked) {
    world.terminal.warn(`warning: ${server} could not be asked to revoke the token; revoke it on the account page`)
  }
  world.terminal.print(stored === undefined ? `You were not signed in to ${server}.` : `Signed out of ${server}.`)
  world.terminal.printJson({ server, wasSignedIn: stored !== undefined, isRevoked })
  return EXIT.done
}

/** False when the coordinator could not be reached; a token that it does not know is as good as revoked. */
async function revoke(world: CliWorld, server: string, token: Secret): Promise<boolean> {
  try {
    await connect(world, server, token).accounts.signOut({ signal: world.signal })
    return true
  } catch (error) {
    if (error instanceof ApiError) return error.status === 401
    throw error
  }
}

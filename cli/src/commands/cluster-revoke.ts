import type { ClusterMesh, MeshMember } from '@muster/contexts/wire/clusters.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { findCluster, placeOf } from '../cluster.ts'
import type { CommandHost } from '../command-host.ts'
import { openServer } from '../server.ts'
import type { CliWorld } from '../world.ts'

interface RevokeOptions {
  readonly yes?: boolean
}

const PEER_ID = /^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/

/** `muster cluster revoke` */
export function addClusterRevoke(parent: Command, host: CommandHost): void {
  const command = parent
    .command('revoke')
    .description('cut a member off, for good; its place can be filled anew')
    .argument('<cluster>', 'name or id')
    .argument('<member>', 'PeerId, or SERVICE/SLOT when only one cloud has it')
    .option('-y, --yes', 'do not ask')
  command.action((wanted: string, member: string, options: RevokeOptions) =>
    host.run(command, (world) => revoke(world, wanted, member, options)),
  )
}

async function revoke(world: CliWorld, wanted: string, member: string, options: RevokeOptions): Promise<ExitCode> {
  const api = await openServer(world)
  const { id, name } = await findCluster(world, api, wanted)
  const call = { signal: world.signal }
  const peer = PEER_ID.test(member) ? member : findMember(await api.clusters.mesh(id, call), member).peer
  if (options.yes !== true && !(await world.terminal.confirm(`Cut ${member} off from ${name}?`, world.signal))) {
    throw new CliError('declined', 'Nothing was changed')
  }
  await api.clusters.revoke(id, peer, call)
  world.terminal.print(`${peer} is cut off.`)
  world.terminal.printJson({ clusterId: id, peer, isRevoked: true })
  return EXIT.done
}

function findMember({ members }: ClusterMesh, wanted: string): MeshMember {
  const found = members.filter((member) => placeOf(member) === wanted && member.role !== 'coordinator')
  const [first, second] = found
  if (first === undefined) {
    throw new CliError('not-found', `There is no member "${wanted}"`, {
      hint: 'See them with "muster cluster members".',
    })
  }
  if (second !== undefined) {
    const peers = found.map(({ peer, cloud }) => `${peer} (${cloud})`).join(', ')
    throw new CliError('usage', `Several members are "${wanted}"`, { hint: `Use a PeerId: ${peers}` })
  }
  return first
}

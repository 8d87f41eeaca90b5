import type { ClusterMesh, MeshMember } from '@muster/contexts/wire/clusters.ts'
import { EXIT, type ExitCode } from '@muster/runtime/exit.ts'
import type { Command } from 'commander'
import { describeAge, placeOf, showMesh } from '../cluster.ts'
import type { CommandHost } from '../command-host.ts'
import { formatTable } from '../table.ts'
import type { CliWorld } from '../world.ts'

interface MembersOptions {
  readonly watch?: boolean
}

const HELP = `
MEMBER is service and slot, HEARD the time since its last record. Who has no CONNECTION is heard of through others.
All is as the coordinator sees it; a member may see more: muster-agent members.`

/** `muster cluster members` */
export function addClusterMembers(parent: Command, host: CommandHost): void {
  const command = parent
    .command('members')
    .description('show who is in the mesh of a cluster, as the coordinator sees it')
    .argument('<cluster>', 'name or id')
    .option('--watch', 'show changes until Ctrl-C')
    .addHelpText('after', HELP)
  command.action((wanted: string, options: MembersOptions) =>
    host.run(command, (world) => members(world, wanted, options)),
  )
}

async function members(world: CliWorld, wanted: string, options: MembersOptions): Promise<ExitCode> {
  await showMesh(world, wanted, {
    isWatching: options.watch === true,
    lines: (mesh) => linesOf(world, mesh),
    json: ({ clusterId, updatedAt, phase, members: all, awaited }) => ({
      clusterId,
      updatedAt,
      phase,
      members: all,
      awaited,
    }),
    essence: ({ phase, members: all, awaited }) => [
      phase,
      awaited,
      all.map(({ heardAgoMs: _age, connection, ...member }) => [member, connection?.address]),
    ],
  })
  return EXIT.done
}

function linesOf(world: CliWorld, mesh: ClusterMesh): string {
  const head = ['MEMBER', 'ROLE', 'CLOUD', 'STATUS', 'CONNECTION', 'ADDRESS', 'HEARD', 'PEER']
  const awaited = mesh.awaited.map(
    ({ service, slot, cloud, expiresAt }) => `Awaited: ${service}/${slot} in ${cloud}, until ${expiresAt}.`,
  )
  return [formatTable(world.terminal, head, mesh.members.map(rowOf)), ...awaited].join('\n')
}

function rowOf(member: MeshMember): readonly string[] {
  const { role, cloud, status, connection, address = '', heardAgoMs, peer, isSelf } = member
  const place = role === 'coordinator' ? 'coordinator' : placeOf(member)
  const direct = connection === undefined ? '' : describeConnection(connection)
  return [place, role, cloud, status, isSelf ? 'itself' : direct, address, isSelf ? '' : describeAge(heardAgoMs), peer]
}

function describeConnection({ isRelayed, rttMs }: NonNullable<MeshMember['connection']>): string {
  const how = isRelayed ? 'relayed' : 'direct'
  return rttMs === undefined ? how : `${how} ${Math.round(rttMs)} ms`
}

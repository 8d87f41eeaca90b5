import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProgram } from '../program.ts'
import { DNS_PORT } from './demo-cluster.ts'
import type { ClusterMachine } from './machine.ts'

/** The file that the context of the worker asks for, below its root. */
export const WORKER_FILE = 'etc/cernvm/environment.conf'

/** How many members the agent of a machine sees, itself included; 0 before it has joined. */
export async function membersSeenBy({ root }: ClusterMachine): Promise<number> {
  const status: unknown = await readJson(join(root, 'run/muster/cluster.json'))
  if (!isRecord(status) || status['phase'] !== 'member') return 0
  return typeof status['members'] === 'number' ? status['members'] : 0
}

/** What the owner of an address says of its service there, as a program on a machine is told. */
export async function healthSeenBy({ root }: ClusterMachine, address: string): Promise<string | undefined> {
  const document: unknown = await readJson(join(root, 'run/muster/services.json'))
  const services = listIn(document, 'services')
  const answer = services.flatMap((service) => listIn(service, 'answers')).find((one) => one['address'] === address)
  return typeof answer?.['health'] === 'string' ? answer['health'] : undefined
}

/** The URL in the file that the worker's context asks for; undefined while there is none. */
export async function configuredUrl({ root }: ClusterMachine): Promise<string | undefined> {
  const text = await readFile(join(root, WORKER_FILE), 'utf8').catch(() => '')
  return /^ANALYSIS_WEB=(\S+)$/m.exec(text)?.[1]
}

/** Addresses that the agent of a machine gives for a name; none when it does not answer. */
export async function resolveAt({ address }: ClusterMachine, name: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  resolver.setServers([`${address}:${DNS_PORT}`])
  return resolver.resolve4(name).catch(() => [])
}

/** The lines that a command of the agent prints about a machine. */
export async function agentSays(binFolder: string, command: string, { root }: ClusterMachine): Promise<string[]> {
  const lines: string[] = []
  const program = startProgram({
    name: command,
    program: join(binFolder, 'muster-agent'),
    args: [command, '--root', root],
    onOutput: (line) => lines.push(line),
    onError: (line) => lines.push(line),
  })
  await program.ended
  return lines
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    // Not there yet: the agent has not joined.
    return undefined
  }
}

function listIn(value: unknown, key: string): readonly Readonly<Record<string, unknown>>[] {
  const list = isRecord(value) ? value[key] : undefined
  return Array.isArray(list) ? list.filter(isRecord) : []
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

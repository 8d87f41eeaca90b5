import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ApiClient } from '@muster/contexts/api/client.ts'
import { decodeClusterFile } from '@muster/contexts/cluster/definition-file.ts'
import type { Cluster, NewCluster } from '@muster/contexts/wire/clusters.ts'
import { systemRandom } from '@muster/runtime/random.ts'
import { freePort } from '../port.ts'
import type { RunningProgram } from '../program.ts'
import { WorldError } from '../world-error.ts'
import { type ClusterMachine, startClusterMachine } from './machine.ts'
import { startWeb, type WebServer } from './web.ts'

/** Three machines in two clouds that have been told to join. */
export interface DemoMachines {
  readonly cluster: Cluster
  /** `web` in `meadow`, its server running. */
  readonly meadow: WebMachine
  /** `web` in `harbor`: ready, and its server not running yet. */
  readonly harbor: WebMachine
  /** In `meadow`; uses whichever web is best for it. */
  readonly worker: ClusterMachine
}

/** A machine whose service is a small HTTP server, started and ended by the world. */
export interface WebMachine extends ClusterMachine {
  /** Where its server is, running or not. */
  readonly url: string
  /** Undefined while it does not run. */
  server(): RunningProgram | undefined
  startServer(): Promise<void>
  /** Ends agent and server at once, as a power cut would. */
  killAll(): Promise<void>
}

/** The cluster while it is made and afterwards. */
export interface DemoCluster {
  /** Rejects when it cannot be made. */
  readonly started: Promise<DemoMachines>
  /** Ends everything of it, also what is still being started. */
  stop(): Promise<void>
}

/** What it is made with. */
export interface DemoClusterOptions {
  readonly api: ApiClient
  readonly binFolder: string
  readonly folder: string
  readonly signal: AbortSignal
}

/** Port at the own address of each machine where its agent answers names. */
export const DNS_PORT = 5300
/** Where the web server listens if that is free. */
const PREFERRED_PORT = 8088

/** Makes the cluster by its definition file, authorizes three machines, and starts them beside each other. */
export function createDemoCluster(options: DemoClusterOptions): DemoCluster {
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const programs: RunningProgram[] = []
  const started = startAll({ ...options, signal }, programs)
  started.catch(() => undefined)
  return {
    started,
    async stop() {
      stop.abort(new DOMException('the cluster is ended', 'AbortError'))
      await started.catch(() => undefined)
      await Promise.all(programs.map((program) => program.stop()))
    },
  }
}

async function startAll(options: DemoClusterOptions, programs: RunningProgram[]): Promise<DemoMachines> {
  const { api, signal } = options
  const port = await freePort(PREFERRED_PORT)
  // Without the signal: it takes a second, and a coordinator that is stopped meanwhile waits for its own mesh.
  const { value: cluster } = await api.clusters.create(await readDefinition(port))
  signal.throwIfAborted()
  const network = drawNetwork()
  const context = await readFile(join(import.meta.dirname, 'worker.context'), 'utf8')
  const start = async (service: string, cloud: string, host: number, text = '') => {
    const { section } = await api.clusters.authorize(cluster.id, { service, cloud }, { signal })
    const address = `${network}.${host}`
    const place = `listen=/ip4/${address}/tcp/0\naddress=${address}\nmdns=off\n`
    const machine = await startClusterMachine({
      binFolder: options.binFolder,
      folder: join(options.folder, `${service}-${cloud}`),
      name: `${service} in ${cloud}`,
      address,
      userData: `${text}${section.trimEnd()}\n${place}`,
      dnsPort: DNS_PORT,
      signal,
    })
    programs.push(machine)
    return machine
  }
  const starts = [
    start('web', 'meadow', 1),
    start('web', 'harbor', 2),
    start('worker', 'meadow', 3, `${context}\n`),
  ] as const
  // All that was started is known only when nothing is being started any more.
  await Promise.allSettled(starts)
  const [meadow, harbor, worker] = await Promise.all(starts)
  const service = { port, programs, signal }
  const webs = { meadow: withServer(meadow, service), harbor: withServer(harbor, service) }
  await webs.meadow.startServer()
  return { cluster, ...webs, worker }
}

interface WebService {
  readonly port: number
  readonly programs: RunningProgram[]
  readonly signal: AbortSignal
}

function withServer(machine: ClusterMachine, { port, programs, signal }: WebService): WebMachine {
  const { name, address } = machine
  let server: WebServer | undefined
  return {
    ...machine,
    url: `http://${address}:${port}/`,
    server: () => server,
    async startServer() {
      signal.throwIfAborted()
      server = startWeb({ name, address, port })
      programs.push(server)
      await server.listens
    },
    async killAll() {
      await Promise.all([machine.kill(), server?.kill()])
    },
  }
}

/** The definition as shipped, with a port that is free here. */
async function readDefinition(port: number): Promise<NewCluster> {
  const file = join(import.meta.dirname, 'demo.yaml')
  const { cluster } = decodeClusterFile(await readFile(file, 'utf8'))
  if (cluster === undefined) throw new WorldError('machine-failed', `${file} is no usable definition`)
  const provide = (ports: NewCluster['services'][number]['provides']) => ports?.map((one) => ({ ...one, port }))
  return {
    ...cluster,
    services: cluster.services.map(({ provides, ...rest }) =>
      provides === undefined ? rest : { ...rest, provides: provide(provides) ?? [] },
    ),
  }
}

/** Three bytes of a network of loopback addresses that no other world on this system is likely to use. */
function drawNetwork(): string {
  return `127.${64 + systemRandom.integer(128)}.${systemRandom.integer(256)}`
}

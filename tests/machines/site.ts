import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, PROJECT_ROOT, type RunningProgram } from '../program.ts'
import { createLab, type LabHost } from '../rig/lab.ts'
import { until } from '../until.ts'
import type { Machine, MachineMaker, MachineParts, MachinePlace } from './machine.ts'
import { createReleases, type SiteReleases } from './releases.ts'

/** One network with a coordinator, its owner's command line, and machines. Nothing of it is visible outside. */
export interface Site {
  readonly coordinator: SiteCoordinator
  readonly releases: SiteReleases
  /** `muster` on a computer in this network, signed in as `alice`. */
  muster(args: readonly string[], stdin?: string): Promise<Ended>
  /** The same, of which success is expected. @throws when it ends with another code than 0 */
  musterDone(args: readonly string[], stdin?: string): Promise<string>
  /** A machine that is off. */
  machine(parts: MachineParts): Promise<Machine>
  /** Switches everything off and removes it. Works at any time, and more than once. */
  remove(): Promise<void>
}

/** `bin/muster-coordinator serve` in the network of a site. */
export interface SiteCoordinator {
  /** Where machines find it. */
  readonly url: string
  start(): Promise<void>
  /** Stops it; its data stay. */
  stop(): Promise<void>
}

const PORT = 8080
const PASSWORD = 'a long enough password'
const START_LIMIT_MS = 300_000

/** Of a coordinator that does not answer yet. */
const ASK_READY = `const url = process.argv[1] + '/readyz'
fetch(url, { signal: AbortSignal.timeout(5000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`

const SIGN_UP = `const [url, login, password] = process.argv.slice(1)
const headers = { 'content-type': 'application/json', origin: url }
const body = JSON.stringify({ login, password })
fetch(url + '/api/v2/accounts', { method: 'POST', headers, body }).then(async (answer) => {
  if (!answer.ok) console.error(answer.status, await answer.text())
  process.exit(answer.ok ? 0 : 1)
})`

/** Makes a site and starts its coordinator, which serves the agent of this checkout to stock images. */
export async function createSite(maker: MachineMaker): Promise<Site> {
  sweepFolders()
  const folder = mkdtempSync(join(tmpdir(), `muster-site-${process.pid}-`))
  const lab = createLab([{ name: 'site' }])
  const stops: (() => Promise<void>)[] = []
  let removal: Promise<void> | undefined
  const remove = () => {
    removal ??= removeAll([
      ...stops.reverse(),
      lab.remove,
      async () => rmSync(folder, { recursive: true, force: true }),
    ])
    return removal
  }
  try {
    const desk = lab.addHost('site', 'desk')
    const releases = await createReleases(folder)
    const coordinator = createCoordinator(desk, folder)
    stops.push(() => coordinator.stop())
    const muster = createCommandLine(desk, coordinator.url, join(folder, 'config'))
    const musterDone = async (args: readonly string[], stdin?: string) => {
      const { code, stdout, stderr } = await muster(args, stdin)
      if (code !== 0) throw new Error(`muster ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
      return stdout
    }
    await coordinator.start()
    await runNode(desk, SIGN_UP, [coordinator.url, 'alice', PASSWORD])
    await musterDone(['login', '--login', 'alice', '--password-stdin'], `${PASSWORD}\n`)
    const place = (name: string): MachinePlace => {
      const host = lab.addHost('site', name)
      const own = join(folder, name)
      mkdirSync(own)
      return {
        namespace: host.namespace,
        address: host.address,
        gateway: '10.77.1.1',
        folder: own,
        another: place,
        atEnd: (stop) => stops.push(stop),
      }
    }
    const machine = (parts: MachineParts) => maker.make(place(parts.name), parts)
    return { coordinator, releases, muster, musterDone, machine, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Does each of the steps, whatever becomes of the others. @throws what the first has failed with */
async function removeAll(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps) await step().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

/** Removes the folders of test runs that were killed. */
function sweepFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^muster-site-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

function createCoordinator(desk: LabHost, folder: string): SiteCoordinator {
  const url = `http://${desk.address}:${PORT}`
  const args = [
    'serve',
    ...['--listen', `${desk.address}:${PORT}`],
    ...['--data', join(folder, 'coordinator')],
    ...['--public-url', url],
    ...['--mesh-listen', `/ip4/${desk.address}/tcp/4001`],
    ...['--dist-dir', join(folder, 'dist')],
  ]
  let program: RunningProgram | undefined
  return {
    url,
    async start() {
      if (program !== undefined) return
      const started = desk.start(join(PROJECT_ROOT, 'bin/muster-coordinator'), args)
      program = started
      const look = async () => {
        if (started.child.exitCode !== null) throw new Error(`the coordinator ended:\n${started.stderr()}`)
        const asked = await desk.start(process.execPath, ['-e', ASK_READY, url]).ended
        return asked.code === 0 ? true : undefined
      }
      await until('the coordinator to be ready', look, { timeoutMs: START_LIMIT_MS })
    },
    async stop() {
      await program?.stop()
      program = undefined
    },
  }
}

function createCommandLine(desk: LabHost, url: string, config: string): Site['muster'] {
  const env = { XDG_CONFIG_HOME: config, MUSTER_SERVER: url, MUSTER_TOKEN: '' }
  return (args, stdin = '') => desk.start(join(PROJECT_ROOT, 'bin/muster'), args, { env, stdin }).ended
}

async function runNode(host: LabHost, script: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await host.start(process.execPath, ['-e', script, ...args]).ended
  if (code !== 0) throw new Error(`a script on ${host.name} ended with ${code}: ${stderr}`)
}

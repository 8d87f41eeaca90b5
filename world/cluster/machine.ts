import { createWriteStream } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EXIT } from '@muster/runtime/exit.ts'
import { type RunningProgram, startProgram } from '../program.ts'
import { WorldError } from '../world-error.ts'

/** What a machine of the cluster is made from. */
export interface ClusterMachineOptions {
  readonly binFolder: string
  /** Everything of the machine; made here. */
  readonly folder: string
  /** For people: `web in meadow`. */
  readonly name: string
  /** IP address of the loopback network that is this machine's own. */
  readonly address: string
  /** With the `[muster]` section; holds a secret. */
  readonly userData: string
  /** Port of `address` where the agent answers names of services. */
  readonly dnsPort: number
  readonly signal: AbortSignal
}

/** An agent that is a member of the cluster and nothing else: no coordinator, no PIN. */
export interface ClusterMachine extends RunningProgram {
  readonly root: string
  readonly address: string
}

/**
 * Makes the machine and starts its agent. The user-data is applied first, as at boot: a context that needs what only the
 * cluster knows waits then, and the agent applies it once it has joined.
 */
export async function startClusterMachine(options: ClusterMachineOptions): Promise<ClusterMachine> {
  const { binFolder, folder, name, address, dnsPort } = options
  const root = join(folder, 'root')
  await mkdir(join(root, 'etc'), { recursive: true, mode: 0o755 })
  await writeFile(join(root, 'etc/hostname'), `${name.replaceAll(' ', '-')}\n`)
  const log = createWriteStream(join(folder, 'agent.log'), { mode: 0o600 })
  const keep = (line: string) => void log.write(`${line}\n`)
  const shared = { name, program: join(binFolder, 'muster-agent'), onOutput: keep, onError: keep }
  try {
    await applyUserData(options, root, shared)
    options.signal.throwIfAborted()
  } catch (error) {
    log.end()
    throw error
  }
  const console = ['--console', 'none', '--log-format', 'human']
  const agent = startProgram({
    ...shared,
    args: ['run', '--root', root, '--dns-listen', `${address}:${dnsPort}`, ...console],
  })
  void agent.ended.finally(() => log.end()).catch(() => undefined)
  return { ...agent, root, address }
}

async function applyUserData(
  { folder, name, userData, signal }: ClusterMachineOptions,
  root: string,
  shared: Omit<Parameters<typeof startProgram>[0], 'args'>,
): Promise<void> {
  const path = join(folder, 'user-data')
  await writeFile(path, userData, { mode: 0o600 })
  const apply = startProgram({ ...shared, args: ['apply', '--root', root, path] })
  const stop = () => void apply.stop()
  signal.addEventListener('abort', stop, { once: true })
  const code = await apply.ended.finally(() => signal.removeEventListener('abort', stop))
  // The agent has its own copy, and the token in it is used once.
  await rm(path, { force: true })
  signal.throwIfAborted()
  if (code === EXIT.done || code === EXIT.tryAgain) return
  const hint = `See ${join(folder, 'agent.log')}; npm start -- --data DIR keeps it.`
  throw new WorldError('machine-failed', `The user-data of ${name} could not be applied (exit code ${code})`, { hint })
}
